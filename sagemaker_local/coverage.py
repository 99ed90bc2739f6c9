"""The page that says what the local SageMaker does and does not do, made from the code that decides it."""

from __future__ import annotations

from sagemaker_local.domain.managed_images import FRAMEWORKS, Framework, Release
from sagemaker_local.operations import every_name
from sagemaker_local.operations.fields import FIELDS, HONOURED, RECORDED, REFUSED
from sagemaker_local.protocol import model

_HEAD = """\
# What the local SageMaker supports

Made by `make coverage`; a test fails when it is stale.

Every other operation of SageMaker's {total}, its runtime's {runtime} and Application Auto Scaling's {autoscaling}
answers `UnknownOperationException` and names those it could have been. Members that the model does not have are
ignored, as AWS ignores them. What becomes of those of operations that create or change something is listed below; every
member of the others is honoured.
"""
_MEANINGS = {
    HONOURED: "does what it does on AWS",
    RECORDED: "kept and described, without effect here: what it governs exists only on AWS",
    REFUSED: "`ValidationException` that names the member; an empty or false value passes",
}


_IMAGES = """
## Images that AWS maintains

By their addresses in every region, each run with the nearest version of its library that works on the local Python.
Nearest is near enough within one minor release of the same major version; the rest is refused.

| image | on AWS | on Python 3.11 | on Python 3.12 |
|---|---|---|---|\
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [
        _HEAD.format(
            total=len(model.operation_names()),
            runtime=len(model.runtime_operation_names()),
            autoscaling=len(model.autoscaling_operation_names()),
        ),
        "## Operations",
        "",
    ]
    parts += [f"- `{name}`" for name in every_name()]
    for operation, fields in FIELDS.items():
        parts += ["", f"## Members of `{operation}`", "", "| | members |", "|---|---|"]
        parts += [_row(fields, treatment) for treatment in (HONOURED, RECORDED, REFUSED)]
    parts.append(_IMAGES)
    parts += [_image(framework, release) for framework in FRAMEWORKS.values() for release in framework.releases]
    return "\n".join(parts) + "\n"


def _row(fields: dict[str, str], treatment: str) -> str:
    listed = ", ".join(f"`{path}`" for path, given in fields.items() if given == treatment)
    return f"| **{treatment}**: {_MEANINGS[treatment]} | {listed or 'none'} |"


def _image(framework: Framework, release: Release) -> str:
    here = [release.here.get(python, "refused") for python in ("3.11", "3.12")]
    name = f"`{framework.repository}:{release.tag}{framework.suffixes[0]}`"
    return f"| {name} | {framework.library} {release.on_aws} | {' | '.join(here)} |"
