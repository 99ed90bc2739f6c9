"""One operator per kind of job."""

from mlops_sagemaker.jobs import PROCESSING, TRAINING
from mlops_sagemaker.operators.base import SageMakerJobOperator


class SageMakerProcessingJobOperator(SageMakerJobOperator):
    """Run a processing job; inputs without a URI are left out."""

    kind = PROCESSING


class SageMakerTrainingJobOperator(SageMakerJobOperator):
    """Run a training job; ``model_data`` of the result is the URI of its ``model.tar.gz``."""

    kind = TRAINING
