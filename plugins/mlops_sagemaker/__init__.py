"""Airflow building blocks for machine learning on Amazon SageMaker: one billed job per step, whatever
crashes.

The pure core (errors, gates, jobs, naming, release, requests, uris, windows) imports neither Airflow nor
boto3; ``hook`` is the one door to AWS; ``operators`` and ``triggers`` are thin shells over both.
"""
