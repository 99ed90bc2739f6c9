"""The programs ``train`` and ``serve`` of the managed images: what AWS's containers have as their toolkits.

An implementation of its own of the rules of the SageMaker training and inference toolkits and of the XGBoost
container. It runs inside jobs, where it is called ``sagemaker_toolkit``: on the standard library and the image's
packages, with relative imports, and without anything of the server.
"""
