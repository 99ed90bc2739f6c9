"""What a batch transform does with data on its way to the model and back: pure, bytes in and bytes out.

Source: the guide's page batch-transform-data-processing and the API reference of CreateTransformJob.
"""
