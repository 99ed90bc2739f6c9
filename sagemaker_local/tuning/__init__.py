"""Hyperparameter tuning as pure decisions: what to try next, what to stop early, when the tuning job has ended."""
