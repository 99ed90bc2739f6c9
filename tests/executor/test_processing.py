"""Processing jobs as a program sees them, and what becomes of what it leaves."""

from __future__ import annotations

import json

import pytest

from tests.support.local_aws import BUCKET, IMAGE, LocalAws, processing_input, processing_output, unique
from tests.support.polling import eventually


@pytest.mark.documented("build-your-own-processing-container")
def test_inputs_lie_at_their_local_paths_and_outputs_are_uploaded_below_their_uris(aws: LocalAws) -> None:
    prefix = unique("in")
    aws.put(f"{prefix}/deep/a.csv", "1")
    single = aws.put(f"{prefix}-single/one.csv", "2")
    script = """
import pathlib
root = pathlib.Path("/opt/ml/processing")
text = (root / "input/many/deep/a.csv").read_text() + (root / "input/one/one.csv").read_text()
(root / "out/sub").mkdir()
(root / "out/sub/result.txt").write_text(text)
(root / "out/link").symlink_to("/etc/passwd")
"""
    target = f"s3://{BUCKET}/{unique('out')}"
    name = aws.process(
        script,
        ProcessingInputs=[processing_input("many", f"s3://{BUCKET}/{prefix}"), processing_input("one", single)],
        ProcessingOutputConfig={"Outputs": [processing_output("out", target)]},
    )
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"
    assert aws.read(f"{target}/sub/result.txt") == b"12"
    assert aws.keys(target.removeprefix(f"s3://{BUCKET}/")) == ["/sub/result.txt"]


@pytest.mark.documented("S3DataType ManifestFile")
def test_a_manifest_names_exactly_the_objects_that_arrive(aws: LocalAws) -> None:
    prefix = unique("manifest")
    for key in ("day=1/a.csv", "day=2/b.csv", "day=3/c.csv"):
        aws.put(f"{prefix}/data/{key}", key)
    manifest = [{"prefix": f"s3://{BUCKET}/{prefix}/data/"}, "day=1/a.csv", "day=3/c.csv"]
    uri = aws.put(f"{prefix}/manifest.json", json.dumps(manifest))
    script = "import os; print(sorted(f for _, _, fs in os.walk('/opt/ml/processing/input/data') for f in fs))"
    name = aws.process(script, ProcessingInputs=[processing_input("data", uri, "ManifestFile")])
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"
    assert aws.log_lines("ProcessingJobs", name) == ["['a.csv', 'c.csv']"]


@pytest.mark.local_only
@pytest.mark.parametrize("content", ["{}", "[]", '[{"prefix": "nowhere"}, "a"]', '[{"prefix": "s3://b/"}]', "\x00"])
def test_a_manifest_that_is_none_fails_the_job_and_says_what_one_looks_like(aws: LocalAws, content: str) -> None:
    uri = aws.put(f"{unique('manifest')}.json", content)
    name = aws.process("", ProcessingInputs=[processing_input("data", uri, "ManifestFile")])
    job = aws.processed(name)
    assert job["FailureReason"].startswith("ClientError: Data download failed:")
    assert uri in job["FailureReason"]


@pytest.mark.documented("build-your-own-processing-container")
def test_the_configuration_files_describe_the_job(aws: LocalAws) -> None:
    target = f"s3://{BUCKET}/{unique('out')}"
    script = """
import pathlib, shutil
for name in ("processingjobconfig.json", "resourceconfig.json"):
    shutil.copy(pathlib.Path("/opt/ml/config") / name, "/opt/ml/processing/out")
"""
    name = aws.process(
        script,
        Environment={"KEY": "VALUE"},
        ProcessingOutputConfig={"Outputs": [processing_output("out", target)]},
    )
    job = aws.processed(name)
    config = json.loads(aws.read(f"{target}/processingjobconfig.json"))
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"]
    assert config["Environment"] == {"KEY": "VALUE"}
    assert config["AppSpecification"]["ImageUri"] == IMAGE
    assert config["AppSpecification"]["ContainerArguments"] is None
    assert config["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert config["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == target
    resources = json.loads(aws.read(f"{target}/resourceconfig.json"))
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])


@pytest.mark.documented("build-your-own-processing-container: exit message")
def test_the_exit_message_is_the_first_kilobyte_of_the_message_file(aws: LocalAws) -> None:
    name = aws.process("open('/opt/ml/output/message', 'w').write('all rows are valid' + '.' * 2000)")
    message = aws.processed(name)["ExitMessage"]
    assert message.startswith("all rows are valid")
    assert len(message) == 1024


@pytest.mark.documented("build-your-own-processing-container: exit message")
def test_an_exit_message_that_is_not_utf8_fails_the_job(aws: LocalAws) -> None:
    name = aws.process("open('/opt/ml/output/message', 'wb').write(bytes([0xff, 0xfe, 0xff]))")
    job = aws.processed(name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError:")
    assert "UTF-8" in job["FailureReason"]


@pytest.mark.local_only
def test_a_failed_job_keeps_its_exit_message_and_uploads_what_it_left(aws: LocalAws) -> None:
    target = f"s3://{BUCKET}/{unique('out')}"
    script = """
open('/opt/ml/output/message', 'w').write('row 7: text where a number belongs')
open('/opt/ml/processing/out/report.json', 'w').write('{}')
raise SystemExit(1)
"""
    outputs = {"Outputs": [processing_output("out", target)]}
    job = aws.processed(aws.process(script, ProcessingOutputConfig=outputs))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert job["ExitMessage"] == "row 7: text where a number belongs"
    assert aws.read(f"{target}/report.json") == b"{}"


@pytest.mark.local_only
def test_an_input_prefix_with_nothing_in_it_fails_the_job_and_names_it(aws: LocalAws) -> None:
    uri = f"s3://{BUCKET}/{unique('nothing')}"
    job = aws.processed(aws.process("", ProcessingInputs=[processing_input("data", uri)]))
    assert job["FailureReason"].startswith("ClientError: Data download failed:No S3 objects found under S3 URL")
    assert uri in job["FailureReason"]


@pytest.mark.local_only
def test_a_missing_script_fails_the_job_and_the_log_says_which(aws: LocalAws) -> None:
    application = {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/absent.py"]}
    name = aws.process("", AppSpecification=application)
    assert aws.processed(name)["FailureReason"] == "AlgorithmError: , exit code: 2"
    assert any("absent.py" in line for line in aws.log_lines("ProcessingJobs", name))


@pytest.mark.local_only
def test_without_any_entry_point_the_reason_says_what_to_give(aws: LocalAws) -> None:
    job = aws.processed(aws.process("", AppSpecification={"ImageUri": IMAGE}))
    assert "ContainerEntrypoint" in job["FailureReason"]


@pytest.mark.documented("AppSpecification: ContainerArguments")
def test_arguments_follow_the_entry_point(aws: LocalAws) -> None:
    application = {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "-c", "import sys; print(sys.argv[1:])"],
        "ContainerArguments": ["--rows", "7"],
    }
    name = aws.process("", AppSpecification=application)
    aws.processed(name)
    assert aws.log_lines("ProcessingJobs", name) == ["['--rows', '7']"]


@pytest.mark.documented("API_StopProcessingJob")
def test_a_stopped_job_ends_stopped(aws: LocalAws) -> None:
    name = aws.process("import time; time.sleep(600)")
    aws.sagemaker.stop_processing_job(ProcessingJobName=name)
    job = aws.processed(name)
    assert job["ProcessingJobStatus"] == "Stopped"
    assert job["ProcessingEndTime"] >= job["CreationTime"]


@pytest.mark.local_only
def test_a_job_that_runs_too_long_is_stopped(aws: LocalAws) -> None:
    name = aws.process("import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert aws.processed(name)["ProcessingJobStatus"] == "Stopped"


@pytest.mark.local_only
def test_a_huge_log_arrives_whole_and_in_order(aws: LocalAws) -> None:
    lines = 30_000
    name = aws.process(f"for number in range({lines}): print(number, 'x' * 100)")
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"
    found = [int(line.split()[0]) for line in aws.log_lines("ProcessingJobs", name)]
    assert found == list(range(lines))


@pytest.mark.local_only
def test_an_endless_line_is_cut_into_events_and_blocks_nothing(aws: LocalAws) -> None:
    name = aws.process("print('x' * 3_000_000)")
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"
    assert sum(map(len, aws.log_lines("ProcessingJobs", name))) == 3_000_000


@pytest.mark.local_only
def test_a_crash_by_a_signal_is_reported_as_128_plus_its_number(aws: LocalAws) -> None:
    name = aws.process("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert aws.processed(name)["FailureReason"] == "AlgorithmError: , exit code: 139"


@pytest.mark.local_only
def test_a_job_waiting_for_its_turn_is_stopped_at_once(aws: LocalAws) -> None:
    blockers = [aws.process("import time; time.sleep(600)") for _ in range(4)]
    waiting = aws.process("raise SystemExit('it ran')")
    aws.sagemaker.stop_processing_job(ProcessingJobName=waiting)
    job = eventually(lambda: stopped(aws, waiting), "the end of the waiting job", 10)
    assert "ProcessingStartTime" not in job
    for name in blockers:
        aws.sagemaker.stop_processing_job(ProcessingJobName=name)
        assert aws.processed(name)["ProcessingJobStatus"] == "Stopped"


def stopped(aws: LocalAws, name: str) -> dict[str, object] | None:
    job = aws.sagemaker.describe_processing_job(ProcessingJobName=name)
    return dict(job) if job["ProcessingJobStatus"] == "Stopped" else None


@pytest.mark.documented("ProcessingInput, ProcessingOutput: AppManaged")
def test_what_the_application_manages_is_left_to_it(aws: LocalAws) -> None:
    source, target = unique("in"), unique("out")
    aws.put(f"{source}/a", "1")
    mine = {"InputName": "mine", "AppManaged": True, "S3Input": {"S3Uri": f"s3://{BUCKET}/{source}",
            "S3DataType": "S3Prefix"}}  # fmt: skip
    out = {**processing_output("out", f"s3://{BUCKET}/{target}"), "AppManaged": True}
    script = """
import json, os
config = json.load(open("/opt/ml/config/processingjobconfig.json"))
print([(item["InputName"], item["AppManaged"]) for item in config["ProcessingInputs"]])
print(os.listdir("/opt/ml/processing/input"))
open("/opt/ml/processing/out/left", "w").close()
"""
    name = aws.process(script, ProcessingInputs=[mine], ProcessingOutputConfig={"Outputs": [out]})
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"
    assert aws.log_lines("ProcessingJobs", name) == ["[('code', False), ('mine', True)]", "['code']"]
    assert aws.keys(target) == []
