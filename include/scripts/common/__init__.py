"""What the jobs of every use case share: paths, failures, settings, tables, split. Standard library only."""
