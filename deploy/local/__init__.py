"""The local stack: the AWS endpoint and Airflow on one machine, as plain processes. Standard library only."""
