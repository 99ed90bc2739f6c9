"""Which version goes to production, whether it may, and who is the champion: decisions from what AWS says, without AWS.

The champion of a use case is written down in one object, ``s3://<bucket>/<use case>/champion.json``; writing that moves
it, in one step. ::

    {"champion": SERVED or null, "previous": SERVED or null, "left": SERVED with "until"}

SERVED says what production serves::

    {"model_package_arn", "version", "approved_at", "model_name", "config_name", "smoke", "since", "run"}

``left`` is the version that was rolled back last, and until when it served; it is there once one was.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_sagemaker.errors import UserError
from mlops_sagemaker.resources import Description

MARK = "deployment"
"""Property of a package that says what came of its deployment; without it the version still waits for one."""
LIVE, SUPERSEDED, FAILED, ROLLED_BACK, REFUSED = "live", "superseded", "failed", "rolled back", "refused"
NOBODY: dict[str, Any] = {"champion": None, "previous": None}
MAX_PROPERTY = 256


@dataclass(frozen=True)
class Choice:
    """The version to deploy, None if there is none, and those that it overtakes."""

    chosen: Description | None
    overtaken: Sequence[Description] = ()


def properties(package: Description) -> Mapping[str, str]:
    """What the version's registration wrote down."""
    found: Mapping[str, str] = package.get("CustomerMetadataProperties", {})
    return found


def approved_at(package: Description) -> float:
    """When the version was last decided on, in seconds since the epoch."""
    when = package.get("LastModifiedTime") or package["CreationTime"]
    return float(when.timestamp())


def choose(packages: Sequence[Description], served: Mapping[str, Any] | None) -> Choice:
    """Of all versions the one approved last that still waits; what was approved before it, or before the version that
    is ``served``, is overtaken."""
    waiting = [package for package in packages if _waits(package)]
    newer = [package for package in waiting if served is None or approved_at(package) > served["approved_at"]]
    chosen = max(newer, key=approved_at, default=None)
    return Choice(chosen, [package for package in waiting if package is not chosen])


def overtaking(packages: Sequence[Description], arn: str, since: float) -> str:
    """The ARN of the version other than ``arn`` that was approved last, after ``since``, and waits for its deployment;
    empty if there is none."""
    # Whatever is written down with a version counts as its last decision: of itself that would hide a later one.
    others = [package for package in packages if package["ModelPackageArn"] != arn]
    chosen = choose(others, {"approved_at": since}).chosen
    return "" if chosen is None else str(chosen["ModelPackageArn"])


def _waits(package: Description) -> bool:
    return bool(package["ModelApprovalStatus"] == "Approved" and MARK not in properties(package))


def obstacles(package: Description, gate: Any, sha256: str | None) -> list[str]:
    """Why the version may not be deployed; empty if it may.

    ``gate`` is the gate's record that the version names, None if there is none; ``sha256`` is the hash of what lies
    where its model should.
    """
    facts = properties(package)
    status = package["ModelApprovalStatus"]
    return [
        *([f"it is {status}, not Approved"] if status != "Approved" else []),
        *_gate_obstacles(facts, gate),
        *_model_obstacles(facts, sha256),
        *(["it names no smoke rows"] if not facts.get("smoke") else []),
        *(["it names no distribution of predictions"] if not facts.get("distribution") else []),
    ]


def _gate_obstacles(facts: Mapping[str, str], gate: Any) -> list[str]:
    where = facts.get("gate") or "nowhere"
    if not isinstance(gate, Mapping):
        return [f"it has no gate record ({where})"]
    if gate.get("passed") is not True:
        return [f"its gate record {where} does not say that it passed"]
    same = gate.get("candidate") == facts.get("candidate") and gate.get("report_sha256") == facts.get(
        "evaluation_sha256"
    )
    return [] if same else [f"its gate record {where} is another model's"]


def _model_obstacles(facts: Mapping[str, str], sha256: str | None) -> list[str]:
    where, expected = facts.get("model_data") or "nowhere", facts.get("model_sha256")
    if sha256 is None:
        return [f"there is no model at {where}"]
    if expected is None:
        return ["it does not say what hash its model has"]
    return [] if sha256 == expected else [f"the model at {where} has the hash {sha256}, not {expected}: it was changed"]


def promoted(pointer: Mapping[str, Any], served: Mapping[str, Any]) -> dict[str, Any]:
    """The pointer once ``served`` is the champion; the one before stays as what a rollback returns to."""
    before = pointer["champion"]
    if before is not None and before["config_name"] == served["config_name"]:
        return dict(pointer)
    return {**pointer, "champion": dict(served), "previous": before}


def rolled_back(pointer: Mapping[str, Any], leaving: str, back: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The pointer once ``back`` is the champion again, after the version with the ARN ``leaving``, which served until
    ``now`` (ISO 8601); going back again changes nothing. Raises UserError if neither is the champion: it has moved
    meanwhile."""
    champion = pointer["champion"]
    if champion == back:
        return dict(pointer)
    if champion is None or champion["model_package_arn"] != leaving:
        raise UserError(f"the champion has moved meanwhile; roll back again if it still is to go: {champion}")
    return {"champion": dict(back), "previous": None, "left": {**champion, "until": now}}


def mark(state: str, reason: str = "") -> dict[str, str]:
    """The property that says what came of a deployment."""
    return {MARK: plain(f"{state}: {reason}" if reason else state)}


def plain(text: str) -> str:
    """A text in the characters, and as long, as a property of a package may be."""
    return " ".join(re.sub(r"[^\w .:/=+\-@]+", " ", text, flags=re.ASCII).split())[:MAX_PROPERTY].strip()


def deviations(live: Description | None, config: Description | None, config_name: str, model_name: str) -> list[str]:
    """What tells an endpoint, as it is ``live``, from what was requested: in service, with that config and model, with
    all of its instances, and with its requests captured."""
    if live is None or config is None:
        return [f"there is no {'endpoint' if live is None else f'config {config_name}'}"]
    found = {
        "status": (live["EndpointStatus"], "InService"),
        "config": (live["EndpointConfigName"], config_name),
        "models": ([each["ModelName"] for each in config["ProductionVariants"]], [model_name]),
        "capture": (live.get("DataCaptureConfig", {}).get("CaptureStatus"), "Started"),
    }
    wrong = [f"its {what} is {one}, not {two}" for what, (one, two) in found.items() if one != two]
    variants = live.get("ProductionVariants", ())
    short = [each for each in variants if each["CurrentInstanceCount"] < each["DesiredInstanceCount"]]
    return wrong + [
        f"variant {each['VariantName']} has {each['CurrentInstanceCount']} instances of {each['DesiredInstanceCount']}"
        for each in short
    ]
