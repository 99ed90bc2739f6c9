"""What the registry's scan found in an image, and what of it somebody has answered for.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.errors import Failure
from deploy.images.registry import Image

ACCEPTED = Path("deploy/images/accepted.toml")
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")
"""The worst first. What has none is as bad as the worst: nobody has said that it is not."""
# Basic scanning ends with COMPLETE, enhanced scanning goes on for good as ACTIVE.
SCANNED, SCANNING = ("COMPLETE", "ACTIVE"), ("IN_PROGRESS", "PENDING")
POLL_SECONDS, LIMIT_SECONDS = 5.0, 900.0


@dataclass(frozen=True)
class Finding:
    """A known weakness of an image: its name (``CVE-...``), how bad it is, and which package has it."""

    name: str
    severity: str
    package: str

    def __str__(self) -> str:
        return f"{self.name} ({self.severity}, {self.package})"


@dataclass(frozen=True)
class Judge:
    """Refuses images with findings of a severity, or a worse one, that are not among the accepted ones; those have a
    reason each, by their names."""

    severity: str
    accepted: Mapping[str, str]
    sleep: Callable[[float], None] = field(default=time.sleep)

    def require_sound(self, ecr: Any, image: Image) -> None:
        """Wait for the scan of an image in the registry. Raises Failure with what speaks against it."""
        bad = sorted({str(finding) for finding in findings(ecr, image, self.sleep) if self._refuses(finding)})
        if bad:
            raise Failure(
                f"{image.repository}:{image.tag} has findings of severity {self.severity} or worse that nobody has "
                f"accepted: {', '.join(bad)}. Take a newer base image or lock (`make locks`), or accept each with its "
                f"reason in {ACCEPTED}"
            )

    def _refuses(self, finding: Finding) -> bool:
        return finding.name not in self.accepted and _rank(finding.severity) <= _rank(self.severity)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def accepted(path: Path = ACCEPTED) -> dict[str, str]:
    """The reason of each finding that is accepted. Raises Failure for one without."""
    try:
        found = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"{path} cannot be read: {error}") from error
    bare = [name for name, reason in found.items() if not isinstance(reason, str) or not reason.strip()]
    if bare:
        raise Failure(f"{path}: {', '.join(bare)} is accepted without a reason: write one")
    return found


def findings(ecr: Any, image: Image, sleep: Callable[[float], None]) -> list[Finding]:
    """All that the scan of an image found, once it has ended. Raises Failure where it does not, or has failed."""
    wanted = {"repositoryName": image.repository, "imageId": {"imageTag": image.tag}}
    for _ in range(int(LIMIT_SECONDS / POLL_SECONDS)):
        status, description = _status(ecr, wanted)
        if status in SCANNED:
            pages = ecr.get_paginator("describe_image_scan_findings").paginate(**wanted)
            return [finding for page in pages for finding in _of(page["imageScanFindings"])]
        if status not in SCANNING:
            raise Failure(f"the scan of {image.repository}:{image.tag} is {status}: {description or 'no reason given'}")
        sleep(POLL_SECONDS)
    raise Failure(
        f"{image.repository}:{image.tag} was not scanned within {LIMIT_SECONDS / 60:.0f} minutes: see Amazon ECR, or "
        f"`aws ecr start-image-scan --repository-name {image.repository} --image-id imageTag={image.tag}`"
    )


def _status(ecr: Any, wanted: Mapping[str, Any]) -> tuple[str, str]:
    try:
        status = ecr.describe_image_scan_findings(**wanted)["imageScanStatus"]
    except ecr.exceptions.ScanNotFoundException:
        return "PENDING", ""  # What was just pushed has none yet.
    return str(status["status"]), str(status.get("description", ""))


def _of(found: Mapping[str, Any]) -> Iterator[Finding]:
    """Findings of basic scanning and of enhanced, which are told in different words."""
    for each in found.get("findings", []):
        said = {attribute["key"]: attribute.get("value", "") for attribute in each.get("attributes", [])}
        yield Finding(
            each["name"], each.get("severity", ""), _package(said.get("package_name"), said.get("package_version"))
        )
    for each in found.get("enhancedFindings", []):
        details = each.get("packageVulnerabilityDetails", {})
        packages = [_package(one.get("name"), one.get("version")) for one in details.get("vulnerablePackages", [])]
        name = details.get("vulnerabilityId") or each.get("title", each["findingArn"])
        yield Finding(name, each.get("severity", ""), " ".join(packages))


def _package(*words: str | None) -> str:
    return " ".join(word for word in words if word) or "of no package"
