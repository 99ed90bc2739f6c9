"""Measurements of the running stack. No test depends on them."""
