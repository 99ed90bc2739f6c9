"""Requests made from botocore's shapes: valid ones, and such that are broken in exactly one place.

``samples`` makes values, ``requests`` puts them into requests, ``breakages`` breaks those, ``recipes`` knows what an
operation asks for beyond its shape, ``world`` has the resources that recipes name, and ``verdicts`` says whether an
answer is the one that AWS would give.
"""
