"""Triggers: what waits for SageMaker while no worker does."""
