"""The server of trained models: raw rows in, predictions out. docs/serving.md is its description."""
