"""What a step is to do, and the exact keyword arguments boto3 wants for it (all but the resource's name).

Any text may be a Jinja template: the operators render the finished request.
Shapes: botocore's service model ``sagemaker/2017-07-24``.
"""

from mlops_sagemaker.requests.guards import Alarms, DriftMetric, Scaling
from mlops_sagemaker.requests.hosting import BlueGreen, DataCapture, EndpointConfig, Model, Variant
from mlops_sagemaker.requests.jobs import (
    PROCESSING_DIR,
    PROCESSING_RESOURCES,
    Input,
    Instances,
    Output,
    ProcessingJob,
    TrainingJob,
    without_absent_inputs,
)
from mlops_sagemaker.requests.registry import Baseline, MetricsSource, ModelPackage
from mlops_sagemaker.requests.transform import TransformJob
from mlops_sagemaker.requests.tuning import Categories, ContinuousRange, IntegerRange, TuningJob

__all__ = [
    "PROCESSING_DIR",
    "PROCESSING_RESOURCES",
    "Alarms",
    "Baseline",
    "BlueGreen",
    "Categories",
    "ContinuousRange",
    "DataCapture",
    "DriftMetric",
    "EndpointConfig",
    "Input",
    "Instances",
    "IntegerRange",
    "MetricsSource",
    "Model",
    "ModelPackage",
    "Output",
    "ProcessingJob",
    "Scaling",
    "TrainingJob",
    "TransformJob",
    "TuningJob",
    "Variant",
    "without_absent_inputs",
]
