"""The program ``serve``: HTTP on the port that the platform names, by the rules of the SageMaker inference toolkit."""
