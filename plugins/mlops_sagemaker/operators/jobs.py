"""One operator per kind of job."""

from mlops_sagemaker import jobs
from mlops_sagemaker.operators.base import SageMakerJobOperator


class SageMakerProcessingJobOperator(SageMakerJobOperator):
    """Run one processing job (``job``: a `requests.ProcessingJob`); see SageMakerJobOperator."""

    kind = jobs.PROCESSING


class SageMakerTrainingJobOperator(SageMakerJobOperator):
    """Run one training job (``job``: a `requests.TrainingJob`); see SageMakerJobOperator."""

    kind = jobs.TRAINING


class SageMakerTuningJobOperator(SageMakerJobOperator):
    """Run one hyperparameter tuning job (``job``: a `requests.TuningJob`); see SageMakerJobOperator.

    The result names the best training job, its hyperparameters and its value of the objective; ``model_data`` is its
    model.
    """

    kind = jobs.TUNING


class SageMakerTransformJobOperator(SageMakerJobOperator):
    """Run one batch transform job (``job``: a `requests.TransformJob`); see SageMakerJobOperator."""

    kind = jobs.TRANSFORM
