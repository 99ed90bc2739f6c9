"""Serving containers: a model's program ``serve``, its network, its model data, and the HTTP spoken with it.

Endpoints and batch transform both stand on it. Contract: the guide's page your-algorithms-inference-code.
"""
