"""Packages that AWS's images have beside their toolkit, as far as documented scripts import them.

Each is linked into the images under its own name, and speaks there to ``sagemaker_toolkit``.
"""
