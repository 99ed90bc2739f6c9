"""The place where scripts look for ``framework``."""
