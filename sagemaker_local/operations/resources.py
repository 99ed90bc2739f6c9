"""The kinds under which resources other than jobs are stored: their type in ARNs."""

MODEL_PACKAGE_GROUP = "model-package-group"
MODEL_PACKAGE = "model-package"
MODEL_CARD = "model-card"
MODEL_CARD_VERSION = "model-card-version"
