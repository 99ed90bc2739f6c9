"""The DAGs of a use case: one module per DAG, each a function from the use case's declaration to the DAG."""
