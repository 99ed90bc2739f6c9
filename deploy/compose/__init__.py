"""What the containers of docker-compose.yaml run beside Airflow and the local AWS. Standard library only."""
