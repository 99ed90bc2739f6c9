"""Asynchronous inference: a durable queue an endpoint, and what takes its requests to the instances."""
