"""Running a job: its image's environment, its /opt/ml, its process, its data and its logs."""
