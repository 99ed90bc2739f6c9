"""The project's own image for models: what an endpoint, a batch transform and the job code predict is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from botocore.exceptions import ClientError

from tests.support.fixtures import local_aws
from tests.support.hosting import Hosting, archive
from tests.support.local_aws import ACCOUNT, REGION, ROOT, LocalAws
from tests.support.served import trained
from tests.support.transform import Transforms

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/inference:1"


@pytest.fixture(scope="module")
def own_images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A server that runs the images of the project."""
    containers = ("--containers", str(ROOT / "include" / "containers"))
    folder = tmp_path_factory.mktemp("own-images")
    with local_aws(folder, ROOT / ".venv" / "images", "--speed-up", "20", *containers) as server:
        yield server


@pytest.fixture
def endpoints(own_images: LocalAws) -> Iterator[Hosting]:
    hosting = Hosting(own_images)
    yield hosting
    hosting.clean_up()


def packed(hosting: Hosting, folder: Path) -> str:
    """The URI of the ``model.tar.gz`` of a model's folder."""
    files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return hosting.aws.put(f"{folder.parents[1].name}/model.tar.gz", archive(files))


@pytest.mark.local_only
@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_endpoint_batch_and_evaluation_agree_on_every_held_out_row(
    endpoints: Hosting, tmp_path: Path, name: str
) -> None:
    case = trained(name, tmp_path / name, "xgboost")
    rows, wanted = case.csv(), case.predictions("xgboost")
    container = {"image": IMAGE, "ModelDataUrl": packed(endpoints, case.model("xgboost"))}
    found = endpoints.invoke(endpoints.serving(**container), rows, ContentType="text/csv", Accept="application/json")
    np.testing.assert_allclose(json.loads(found)["predictions"], wanted, rtol=1e-5, atol=0)

    source = {"ContentType": "text/csv", "SplitType": "Line"}
    target = {"Accept": "text/csv", "AssembleWith": "Line"}
    options = {"BatchStrategy": "MultiRecord", "MaxPayloadInMB": 1}
    job, output = Transforms(endpoints).run({"a.csv": rows}, source, target, endpoints.model(**container), **options)
    assert job["TransformJobStatus"] == "Completed", job
    np.testing.assert_allclose(np.loadtxt(output["a.csv.out"].splitlines()), wanted, rtol=1e-5, atol=0)


@pytest.mark.local_only
def test_a_bad_row_fails_with_its_place_and_a_model_of_another_image_does_not_start(
    endpoints: Hosting, tmp_path: Path
) -> None:
    case = trained("abalone", tmp_path / "abalone", "linear")
    folder = case.model("linear")
    endpoint = endpoints.serving(image=IMAGE, ModelDataUrl=packed(endpoints, folder))
    with pytest.raises(ClientError, match=r"row 2, column 'length': 'long' is not a number") as raised:
        endpoints.invoke(endpoint, case.csv([case.rows[0], {**case.rows[1], "length": "long"}]), ContentType="text/csv")
    assert raised.value.response["OriginalStatusCode"] == 400

    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["libraries"]["onnxruntime"] = "0.1"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    model = endpoints.model(image=IMAGE, ModelDataUrl=packed(endpoints, folder))
    failed = endpoints.endpoint(endpoints.config({**VARIANT, "ModelName": model}))
    assert endpoints.settled(failed)["EndpointStatus"] == "Failed"
    assert any("was made with onnxruntime 0.1, this image has" in line for line in endpoints.log(failed))


VARIANT = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
