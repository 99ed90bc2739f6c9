"""Batch transform: objects through serving containers, and back to S3.

Contract: the guide's pages batch-transform, batch-transform-errors and your-algorithms-batch-code.
"""
