"""Script mode: the user's own program in a managed image."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.support.local_aws import BUCKET, LocalAws, channel, processing_input, processing_request, unique
from tests.support.managed import SCIKIT_LEARN, XGBOOST, artifact, train_managed, train_script

TRAIN = """
import argparse, json, os, sys
import joblib, numpy, sklearn
from sklearn.linear_model import LinearRegression

parser = argparse.ArgumentParser()
parser.add_argument("--fit-intercept", type=lambda text: text == "True")
parser.add_argument("--name")
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
arguments = parser.parse_args()
rows = numpy.loadtxt(os.path.join(arguments.train, "rows.csv"), delimiter=",")
model = LinearRegression(fit_intercept=arguments.fit_intercept).fit(rows[:, :-1], rows[:, -1])
print(f"train:r2={model.score(rows[:, :-1], rows[:, -1]):.3f}")
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
seen = {"environment": dict(os.environ), "arguments": sys.argv[1:], "folder": os.getcwd()}
seen["library"] = sklearn.__version__
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "seen.json"), "w") as file:
    json.dump(seen, file)
"""
ROWS = "1,1,3\n2,1,4\n3,5,9\n4,2,7\n"


def wheel(name: str, source: str) -> bytes:
    """A wheel with one module, *name*: a requirement that needs no package index."""
    about, buffer = f"{name}-1.0.dist-info", io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}.py", source)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return buffer.getvalue()


@pytest.mark.documented("sagemaker-training-toolkit: script mode")
def test_a_scikit_learn_script_trains_with_the_sdks_hyperparameters_and_the_toolkits_variables(aws: LocalAws) -> None:
    prefix = unique("data")
    aws.put(f"{prefix}/rows.csv", ROWS)
    job = train_script(
        aws,
        {"train.py": TRAIN},
        "train.py",
        HyperParameters={"fit-intercept": "true", "name": '"two words"'},
        InputDataConfig=[channel("train", f"s3://{BUCKET}/{prefix}", ContentType="text/csv")],
        AlgorithmSpecification={
            "TrainingImage": SCIKIT_LEARN,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "train:r2", "Regex": "train:r2=([0-9.]+)"}],
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [1.0]
    assert artifact(aws, job).keys() == {"model.joblib"}
    seen = json.loads(artifact(aws, job, "output.tar.gz")["seen.json"])
    assert seen["arguments"] == ["--fit-intercept", "True", "--name", "two words"]
    assert seen["folder"] == "/opt/ml/code"
    environment = seen["environment"]
    assert json.loads(environment["SM_HPS"]) == {"fit-intercept": True, "name": "two words"}
    assert environment["SM_HP_FIT-INTERCEPT"] == "true"
    assert environment["SM_FRAMEWORK_MODULE"] == "sagemaker_sklearn_container.training:main"
    assert environment["SM_MODULE_DIR"].endswith("/source/sourcedir.tar.gz")
    assert environment["PYTHONPATH"] == "/opt/ml/code"
    first, *_ = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert f"sagemaker-scikit-learn:1.2-1 has scikit-learn {seen['library']} here" in first


@pytest.mark.documented("sagemaker-training-toolkit: requirements.txt, setup.py")
def test_a_package_is_installed_with_its_requirements_and_run_as_a_module(aws: LocalAws) -> None:
    script = "import helper, sklearn, sys; print(helper.GREETING, __name__, sys.argv[1:], sklearn.__name__)"
    files: dict[str, str | bytes] = {
        "setup.py": "from setuptools import setup; setup(name='mine', version='1', py_modules=['main'])",
        "main.py": script,
        "requirements.txt": "./helper-1.0-py3-none-any.whl\n",
        "helper-1.0-py3-none-any.whl": wheel("helper", "GREETING = 'from the wheel'"),
    }
    job = train_script(aws, files, "main.py", HyperParameters={"n": "1"})
    lines = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", lines
    assert "from the wheel __main__ ['-n', '1'] sklearn" in lines


@pytest.mark.documented("sagemaker-training-toolkit: ExecuteUserScriptError")
def test_a_script_that_fails_says_so_in_the_failure_reason(aws: LocalAws) -> None:
    script = "print('starting')\nrow = {'sex': 'F'}\nprint(row['age'])"
    job = train_script(aws, {"train.py": script}, "train.py", HyperParameters={"eta": "0.2"})
    assert job["FailureReason"] == (
        "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
        "ErrorMessage \"KeyError: 'age'\"\n"
        'Command "/tmp/environment/bin/python train.py --eta 0.2", exit code: 1'
    )


@pytest.mark.documented("sagemaker-training-toolkit: Framework Error")
def test_code_that_is_not_there_is_a_framework_error(aws: LocalAws) -> None:
    hyperparameters = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": f"s3://{BUCKET}/no-such-code.tar.gz",
    }
    job = train_managed(aws, SCIKIT_LEARN, HyperParameters=hyperparameters)
    assert job["FailureReason"].startswith("AlgorithmError: Framework Error: \nTraceback")
    assert any("404" in line for line in aws.log_lines("TrainingJobs", job["TrainingJobName"]))


@pytest.mark.documented("sagemaker-training-toolkit: network isolation, code as a channel")
def test_an_isolated_job_takes_its_code_from_a_channel(aws: LocalAws) -> None:
    prefix = unique("code")
    aws.put(f"{prefix}/train.sh", '#!/bin/sh\necho shell "$@"\n')
    job = train_managed(
        aws,
        SCIKIT_LEARN,
        HyperParameters={
            "sagemaker_program": "train.sh",
            "sagemaker_submit_directory": "/opt/ml/input/data/code",
            "word": "a b",
        },
        InputDataConfig=[channel("code", f"s3://{BUCKET}/{prefix}")],
        EnableNetworkIsolation=True,
    )
    assert "shell --word a b" in aws.log_lines("TrainingJobs", job["TrainingJobName"])


@pytest.mark.documented("sagemaker-training-toolkit: intermediate output")
def test_intermediate_output_is_on_s3_while_the_job_runs(aws: LocalAws) -> None:
    name = unique("intermediate")
    script = f"""
import os, pathlib, time, boto3
folder = pathlib.Path(os.environ["SM_OUTPUT_INTERMEDIATE_DIR"])
(folder / "epoch").mkdir()
(folder / "epoch" / "1.txt").write_text("first")
while not boto3.client("s3").list_objects_v2(Bucket="{BUCKET}", Prefix="{name}/").get("Contents"):
    time.sleep(0.02)
(folder / "last.txt").write_text("last")
"""
    output = json.dumps(f"s3://{BUCKET}/{name}")
    job = train_script(aws, {"train.py": script}, "train.py", HyperParameters={"sagemaker_s3_output": output})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    prefix = f"{name}/{job['TrainingJobName']}/output/intermediate/"
    assert aws.keys(prefix) == ["epoch/1.txt", "last.txt"]


@pytest.mark.documented("amazon-sagemaker-processing: ScriptProcessor")
def test_a_processing_job_runs_in_a_managed_image_and_can_install_packages(aws: LocalAws) -> None:
    prefix = unique("code")
    aws.put(f"{prefix}/helper-1.0-py3-none-any.whl", wheel("helper", "GREETING = 'installed'"))
    aws.put(f"{prefix}/run.sh", "pip install ./helper-1.0-py3-none-any.whl && python3 main.py\n")
    aws.put(f"{prefix}/main.py", "import helper, sklearn; print(helper.GREETING, 'beside', sklearn.__name__)")
    name = unique("processing")
    folder = "/opt/ml/processing/input/code"
    request = processing_request(
        name,
        "",
        AppSpecification={
            "ImageUri": XGBOOST,
            "ContainerEntrypoint": ["/bin/sh", "-c", f"cd {folder} && sh run.sh"],
        },
        ProcessingInputs=[processing_input("code", f"s3://{BUCKET}/{prefix}")],
    )
    aws.sagemaker.create_processing_job(**request)
    lines = aws.log_lines("ProcessingJobs", aws.processed(name)["ProcessingJobName"])
    assert "sagemaker-xgboost:3.0-5 has xgboost 3.0.5 here (as AWS's has)" in lines[0]
    assert "installed beside sklearn" in lines, lines
