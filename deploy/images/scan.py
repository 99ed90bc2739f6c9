"""What the registry's scan found in an image, and what of it somebody has answered for.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html and API_StartImageScan.html
"""

from __future__ import annotations

import datetime
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from deploy.errors import Failure
from deploy.images.registry import Image

ACCEPTED = Path("deploy/images/accepted.toml")
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")
"""The worst first. What has none is as bad as the worst: nobody has said that it is not."""
# Basic scanning looks once and ends with COMPLETE, enhanced scanning looks on for good as ACTIVE.
ONCE, FOR_GOOD, SCANNING = "COMPLETE", "ACTIVE", ("IN_PROGRESS", "PENDING")
POLL_SECONDS, LIMIT_SECONDS = 5.0, 900.0
FRESH = datetime.timedelta(days=1)
"""How old a basic scan may be: it knows what was known when it was made, and ECR makes one a day of an image."""
AGAIN = "Have it scanned again: `aws ecr start-image-scan --repository-name {repository} --image-id imageTag={tag}`"
ANEW = "`aws ecr batch-delete-image --repository-name {repository} --image-ids imageTag={tag}`, then `make images`"
REMEDIES = {
    "FAILED": AGAIN,
    "UNSUPPORTED_IMAGE": "Take a base image of a distribution that ECR's scan knows",
    "FINDINGS_UNAVAILABLE": "Amazon Inspector has none yet: do it again later",
    "LIMIT_EXCEEDED": "The account's scans of today are used up: do it again tomorrow",
    "SCAN_ELIGIBILITY_EXPIRED": "Amazon Inspector looks at it no more: lengthen its re-scan duration for ECR and have "
    f"the image pushed anew, as what has expired stays so: {ANEW}",
    "IMAGE_ARCHIVED": "Restore it from ECR's archive",
}
"""What to do about a scan that ends otherwise, by its status."""


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
                f"{_named(image)} has findings of severity {self.severity} or worse that nobody has "
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


class Scan(NamedTuple):
    """How far the scan of an image is."""

    status: str
    description: str = ""
    completed: datetime.datetime | None = None

    @property
    def is_current(self) -> bool:
        """Whether what it found is what is known today."""
        if self.status != ONCE:
            return self.status == FOR_GOOD
        return self.completed is not None and datetime.datetime.now(datetime.UTC) - self.completed < FRESH


def findings(ecr: Any, image: Image, sleep: Callable[[float], None]) -> list[Finding]:
    """All that is known today against an image, which is scanned again for that where need be. Raises Failure where a
    scan does not end, or has failed."""
    wanted = {"repositoryName": image.repository, "imageId": {"imageTag": image.tag}}
    for _ in range(int(LIMIT_SECONDS / POLL_SECONDS)):
        scan = _scan(ecr, wanted)
        if scan.is_current:
            pages = ecr.get_paginator("describe_image_scan_findings").paginate(**wanted)
            return [finding for page in pages for finding in _of(page["imageScanFindings"])]
        if scan.status == ONCE:
            _scan_again(ecr, wanted)
        elif scan.status not in SCANNING:
            reason = scan.description or "no reason given"
            raise Failure(f"the scan of {_named(image)} is {scan.status}: {reason}. {_remedy(image, scan.status)}")
        sleep(POLL_SECONDS)
    minutes = LIMIT_SECONDS / 60
    raise Failure(f"{_named(image)} was not scanned within {minutes:.0f} minutes: {_remedy(image, 'FAILED')}")


def _scan(ecr: Any, wanted: Mapping[str, Any]) -> Scan:
    try:
        answer = ecr.describe_image_scan_findings(**wanted)
    except ecr.exceptions.ScanNotFoundException:
        return Scan("PENDING")  # What was just pushed has none yet.
    status = answer["imageScanStatus"]
    completed = answer.get("imageScanFindings", {}).get("imageScanCompletedAt")
    return Scan(status["status"], status.get("description", ""), completed)


def _scan_again(ecr: Any, wanted: Mapping[str, Any]) -> None:
    with suppress(ecr.exceptions.LimitExceededException):  # Somebody has started the one of today.
        ecr.start_image_scan(**wanted)


def _named(image: Image) -> str:
    return f"{image.repository}:{image.tag}"


def _remedy(image: Image, status: str) -> str:
    return REMEDIES.get(status, AGAIN).format(repository=image.repository, tag=image.tag)


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
