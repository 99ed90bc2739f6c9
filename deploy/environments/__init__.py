"""The project's Python environments: one per concern, each made from a lock with hashes, wheels only."""
