"""Brings a package into an environment, and an environment back to the package before."""
