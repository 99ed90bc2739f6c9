# Every MWAA container reads this before it installs requirements and starts Airflow. It only says what runs here: a
# script that fails keeps the container from starting, and what Airflow is to know are settings of the environment.
echo "nightshift: ${MWAA_AIRFLOW_COMPONENT:-unknown component}, Airflow ${AIRFLOW_VERSION:-unknown}, $(python3 --version)"
