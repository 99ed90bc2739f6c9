"""Builds the container images of jobs and endpoints, and pushes them to the registry of an environment."""
