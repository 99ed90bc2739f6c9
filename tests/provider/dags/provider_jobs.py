"""The provider's operators and sensors, deferred and not, one after the other: run by `test_dag_run.py`."""

from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerProcessingOperator,
    SageMakerRegisterModelVersionOperator,
    SageMakerTrainingOperator,
)
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerProcessingSensor, SageMakerTrainingSensor
from airflow.sdk import DAG

NAME = "{{ dag_run.conf['name'] }}"
BUCKET = "{{ dag_run.conf['bucket'] }}"
JOB = {"RoleArn": "{{ dag_run.conf['role'] }}", "StoppingCondition": {"MaxRuntimeInSeconds": 600}}
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
TRAIN = "open('/opt/ml/model/weights', 'w').write('1'); print('validation:mse=4.25')"


def processing(name: str) -> dict[str, Any]:
    output = {"S3Uri": f"s3://{BUCKET}/{NAME}", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    program = ["python3", "-c", "open('/opt/ml/processing/out/train.csv', 'w').write('1,2')"]
    return {
        **JOB,
        "ProcessingJobName": name,
        "AppSpecification": {"ImageUri": "{{ dag_run.conf['image'] }}", "ContainerEntrypoint": program},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
    }


def training(name: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{NAME}/train.csv"}
    return {
        **JOB,
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "{{ dag_run.conf['image'] }}",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", TRAIN],
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/{NAME}"},
        "ResourceConfig": CLUSTER,
    }


with DAG("provider_jobs"):
    process = SageMakerProcessingOperator(
        task_id="process", config=processing(f"{NAME}-process"), deferrable=True, check_interval=1
    )
    processed = SageMakerProcessingSensor(task_id="processed", job_name=f"{NAME}-process", poke_interval=1)
    train = SageMakerTrainingOperator(
        task_id="train", config=training(f"{NAME}-train"), deferrable=True, print_log=False, check_interval=1
    )
    train_again = SageMakerTrainingOperator(
        task_id="train_again", config=training(f"{NAME}-train"), print_log=False, check_interval=1
    )
    trained = SageMakerTrainingSensor(task_id="trained", job_name=f"{NAME}-train", poke_interval=1)
    register = SageMakerRegisterModelVersionOperator(
        task_id="register",
        image_uri="{{ dag_run.conf['image'] }}",
        model_url="{{ ti.xcom_pull('train')['Training']['ModelArtifacts']['S3ModelArtifacts'] }}",
        package_group_name=NAME,
    )
    process >> processed >> train >> train_again >> trained >> register
