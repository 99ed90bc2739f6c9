"""Models and endpoints of the tests: what serves is the image ``serving`` of ``tests/fixtures/images``."""

from __future__ import annotations

import io
import tarfile
from typing import Any

from botocore.exceptions import ClientError

from tests.support.local_aws import ACCOUNT, REGION, ROLE, LocalAws, unique
from tests.support.polling import eventually

SERVING = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serving:1"
FIXED_PORT = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fixed-port:1"
SETTLED = ("InService", "Failed", "UpdateRollbackFailed")


def archive(files: dict[str, bytes]) -> bytes:
    """A ``model.tar.gz`` with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def variant(model: str, name: str = "AllTraffic", **more: Any) -> dict[str, Any]:
    """A production variant with one instance."""
    plain = {"VariantName": name, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {**plain, **more}


class Hosting:
    """What tests ask of a server's endpoints."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.sagemaker, self.runtime = aws.sagemaker, aws.client("sagemaker-runtime")
        self._endpoints: list[str] = []

    def model(self, image: str = SERVING, content: str = "", **container: Any) -> str:
        """A model whose file ``name`` has *content* (by default the model's name); returns the model's name."""
        name = unique("model")
        uri = self.model_data(content or name, f"models/{name}.tar.gz")
        primary = {"Image": image, "ModelDataUrl": uri, **container}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=primary, ExecutionRoleArn=ROLE)
        return name

    def model_data(self, content: str, key: str = "") -> str:
        """The URI of model data whose file ``name`` has *content*."""
        return self.aws.put(key or f"models/{unique('data')}.tar.gz", archive({"name": content.encode()}))

    def log(self, endpoint: str, variant: str = "AllTraffic") -> list[str]:
        """What the variant's containers have printed."""
        return self.aws.log_lines(f"Endpoints/{endpoint}", variant)

    def config(self, *variants: dict[str, Any], **more: Any) -> str:
        """An endpoint configuration; returns its name."""
        name = unique("config")
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)
        return name

    def endpoint(self, config: str, name: str = "") -> str:
        """An endpoint that is being created; returns its name."""
        name = self.adopt(name or unique("endpoint"))
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name

    def adopt(self, name: str) -> str:
        """End an endpoint that somebody else makes with the others; returns its name."""
        self._endpoints.append(name)
        return name

    def serving(self, **container: Any) -> str:
        """An endpoint of one instance that is in service; returns its name."""
        name = self.endpoint(self.config(variant(self.model(**container))))
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, name: str) -> dict[str, Any]:
        """The endpoint once nothing is under way."""

        def probe() -> dict[str, Any] | None:
            endpoint = self.sagemaker.describe_endpoint(EndpointName=name)
            return dict(endpoint) if endpoint["EndpointStatus"] in SETTLED else None

        return eventually(probe, f"the end of what is under way at {name} (log: {self.aws.log})")

    def invoke(self, name: str, body: bytes | str = b"", what: str = "", **request: Any) -> bytes:
        """The body of the container's answer; *what* it is to do is told in the custom attributes."""
        attributes = {"CustomAttributes": what} if what else {}
        answer = self.runtime.invoke_endpoint(EndpointName=name, Body=body, **attributes, **request)
        return bytes(answer["Body"].read())

    def delete(self, name: str) -> None:
        """Delete the endpoint, and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        eventually(lambda: self._status(name) is None, f"the end of {name}")

    def clean_up(self) -> None:
        """Delete every endpoint that was made here."""
        for name in self._endpoints:
            if self._status(name) not in (None, "Deleting"):
                self.settled(name)
                self.sagemaker.delete_endpoint(EndpointName=name)

    def _status(self, name: str) -> str | None:
        try:
            return str(self.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])
        except ClientError:
            return None
