"""The command line ``sagemaker-local``."""
