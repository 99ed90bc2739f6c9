"""What SageMaker's resources are: pure, no files, no network, no clock of its own."""
