"""What the registry's scan finds is waited for and judged: ECR's API over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.images.registry import Image
from deploy.images.scan import LIMIT_SECONDS, POLL_SECONDS, Finding, Judge, accepted, findings
from tests.support.registry import Manifest, Registry, basic_scan

IMAGE = Image("training", "ab" * 32)
ENHANCED = {
    "findingArn": "arn:aws:inspector2:us-east-1:000000000000:finding/1",
    "severity": "CRITICAL",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-3",
        "vulnerablePackages": [{"name": "zlib", "version": "1.2"}],
    },
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path, {IMAGE.repository: {IMAGE.tag: Manifest("x", b"{}")}})


@pytest.fixture
def ecr(registry: Registry) -> Iterator[Any]:
    with registry.serving() as client:
        yield client


def basic(name: str, severity: str) -> dict[str, Any]:
    attributes = [{"key": "package_version", "value": "3.0"}, {"key": "package_name", "value": "openssl"}]
    return {"name": name, "severity": severity, "attributes": attributes}


def test_findings_of_both_ways_of_scanning_are_read_once_the_scan_has_ended(registry: Registry, ecr: Any) -> None:
    slept: list[float] = []
    registry.scans[IMAGE.repository] = [
        {"imageScanStatus": {"status": status}} for status in ("PENDING", "IN_PROGRESS")
    ] + [
        {"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": found}
        for found in [{}, {"findings": [basic("CVE-1", "LOW")], "enhancedFindings": [ENHANCED]}]
    ]
    assert findings(ecr, IMAGE, slept.append) == [
        Finding("CVE-1", "LOW", "openssl 3.0"),
        Finding("CVE-3", "CRITICAL", "zlib 1.2"),
    ]
    assert slept == [POLL_SECONDS] * 2


def test_an_image_that_is_never_scanned_is_told_with_what_to_do(ecr: Any) -> None:
    slept: list[float] = []
    with pytest.raises(Failure, match=r"not scanned within 15 minutes.*aws ecr start-image-scan"):
        findings(ecr, IMAGE, slept.append)
    assert sum(slept) == LIMIT_SECONDS


def test_a_basic_scan_of_days_ago_is_made_anew(registry: Registry, ecr: Any) -> None:
    now = time.time()
    old, new = basic_scan(now - 86_500), basic_scan(now, basic("CVE-1", "CRITICAL"))
    registry.scans[IMAGE.repository] = [old, old, {"imageScanStatus": {"status": "IN_PROGRESS"}}, new]
    assert findings(ecr, IMAGE, lambda _: None) == [Finding("CVE-1", "CRITICAL", "openssl 3.0")]
    assert registry.started == [IMAGE.tag]
    registry.scans[IMAGE.repository] = [basic_scan(now - 80_000)]
    registry.started.clear()
    assert findings(ecr, IMAGE, lambda _: None) == []
    assert registry.started == []


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("FAILED", "aws ecr start-image-scan --repository-name nightshift/training --image-id imageTag=abababababab"),
        ("UNSUPPORTED_IMAGE", "Take a base image"),
        ("SCAN_ELIGIBILITY_EXPIRED", "aws ecr batch-delete-image --repository-name nightshift/training"),
        ("SOMETHING_NEW", "aws ecr start-image-scan"),
    ],
)
def test_a_scan_that_fails_is_no_scan_and_told_with_what_to_do(
    registry: Registry, ecr: Any, status: str, remedy: str
) -> None:
    registry.scans[IMAGE.repository] = [{"imageScanStatus": {"status": status, "description": "a reason"}}]
    with pytest.raises(Failure, match=rf"training:abababababab is {status}: a reason\. .*{remedy}"):
        findings(ecr, IMAGE, lambda _: None)


@pytest.mark.parametrize(
    ("severity", "bad"),
    [
        ("CRITICAL", ["CVE-0", "CVE-1"]),
        ("HIGH", ["CVE-0", "CVE-1", "CVE-2"]),
        ("LOW", ["CVE-0", "CVE-1", "CVE-2", "CVE-4"]),
    ],
)
def test_what_is_as_bad_as_declared_or_worse_is_refused_unless_it_is_accepted(
    registry: Registry, ecr: Any, severity: str, bad: list[str]
) -> None:
    found = ["UNDEFINED", "CRITICAL", "HIGH", "HIGH", "LOW", "INFORMATIONAL"]
    registry.scanned(IMAGE.repository, *(basic(f"CVE-{number}", each) for number, each in enumerate(found)))
    judge = Judge(severity, {"CVE-3": "of a program that nothing runs"})
    with pytest.raises(Failure) as refused:
        judge.require_sound(ecr, IMAGE)
    assert [f"CVE-{number}" for number in range(6) if f"CVE-{number} (" in str(refused.value)] == bad
    assert "(CRITICAL, openssl 3.0)" in str(refused.value)
    assert "accept each with its reason in deploy/images/accepted.toml" in str(refused.value)
    Judge("HIGH", dict.fromkeys(("CVE-0", "CVE-1", "CVE-2", "CVE-3"), "known")).require_sound(ecr, IMAGE)


def test_every_acceptance_has_its_reason(tmp_path: Path) -> None:
    assert all(accepted().values())
    (tmp_path / "accepted.toml").write_text('CVE-1 = "mended by us"\nCVE-2 = " "\n')
    with pytest.raises(Failure, match="CVE-2 is accepted without a reason"):
        accepted(tmp_path / "accepted.toml")
    with pytest.raises(Failure, match=r"none\.toml cannot be read"):
        accepted(tmp_path / "none.toml")
