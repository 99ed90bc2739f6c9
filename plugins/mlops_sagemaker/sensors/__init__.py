"""Sensors: what a DAG waits for that it did not start itself. All of them defer."""
