"""Batch transform jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from mlops_sagemaker.requests.jobs import Instances


@dataclass(frozen=True)
class TransformJob:
    """The predictions of the model ``model_name`` for every record below the prefix ``input``.

    Predictions of the object ``<input><key>`` go to ``<output><key>.out``. ``split`` and ``assemble`` are by line, for
    text. ``join`` writes the record before its prediction. The filters are JSONPaths (at most 63 characters): of the
    record before it goes to the model, and of what is written. SageMaker knows no time limit of a transform job; after
    ``max_runtime`` its task stops it.
    """

    model_name: str
    input: str
    output: str
    instances: Instances
    max_runtime: timedelta
    content_type: str = "text/csv"
    accept: str = "text/csv"
    strategy: Literal["MultiRecord", "SingleRecord"] = "MultiRecord"
    manifest: bool = False
    join: bool = False
    input_filter: str = "$"
    output_filter: str = "$"
    environment: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_transform_job`` but ``TransformJobName``."""
        data_type = "ManifestFile" if self.manifest else "S3Prefix"
        return {
            "ModelName": self.model_name,
            "BatchStrategy": self.strategy,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": data_type, "S3Uri": self.input}},
                "ContentType": self.content_type,
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": self.output, "Accept": self.accept, "AssembleWith": "Line"},
            # No disk of a size of one's own here: SageMaker chooses it.
            "TransformResources": {"InstanceType": self.instances.type, "InstanceCount": self.instances.count},
            "DataProcessing": {
                "InputFilter": self.input_filter,
                "JoinSource": "Input" if self.join else "None",
                "OutputFilter": self.output_filter,
            },
            "Environment": dict(self.environment),
        }
