"""Operators: the steps a DAG is made of."""
