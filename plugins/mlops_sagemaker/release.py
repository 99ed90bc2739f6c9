"""The release manifest: how DAGs learn of job code, images and roles. ``deploy/publish.py`` writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mlops_sagemaker.errors import UserError

FORMAT = 2
REMEDY = "publish the release again"
APPROVALS = ("manual", "automatic")
HEX64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Artifact:
    """A code bundle (an S3 prefix) or an image (a registry URI) and the SHA-256 of its content."""

    uri: str
    sha256: str


@dataclass(frozen=True)
class Code(Artifact):
    """A use case's job code; ``steps`` are the bundles of its steps, each with what that step can use and no more."""

    steps: Mapping[str, Artifact]


AnyArtifact = TypeVar("AnyArtifact", bound=Artifact)


@dataclass(frozen=True)
class Release:
    """Everything about an environment that DAG files do not say.

    ``role_arn`` is what jobs run as, ``endpoints_role_arn`` what serves models. ``approval`` says how production is
    approved there, empty where that is left to the use cases.
    """

    id: str
    bucket: str
    role_arn: str
    code: Mapping[str, Code]
    images: Mapping[str, Artifact]
    source: str
    approval: str = ""
    endpoints_role_arn: str = ""

    def code_of(self, use_case: str) -> Code:
        """The job code of a use case. Raises UserError if the release has none."""
        return self._named("code", self.code, use_case)

    def step_of(self, use_case: str, step: str) -> Artifact:
        """The bundle of one step of a use case. Raises UserError if the release has none."""
        return self._named(f"code.{use_case}.steps", self.code_of(use_case).steps, step)

    def image(self, name: str) -> Artifact:
        """The image ``name``. Raises UserError if the release has none."""
        return self._named("images", self.images, name)

    def _named(self, section: str, artifacts: Mapping[str, AnyArtifact], name: str) -> AnyArtifact:
        if name not in artifacts:
            known = ", ".join(sorted(artifacts)) or "nothing"
            raise UserError(f"{self.source}: {section} holds {known}, but not {name!r}; {REMEDY}")
        return artifacts[name]


def parse(document: Any, source: str) -> Release:
    """The release in a parsed JSON ``document`` that was read from ``source``.

    Raises UserError naming the source and the first thing wrong with it.
    """
    _expect(isinstance(document, Mapping), source, "it is not a JSON object")
    _expect(document.get("format") == FORMAT, source, f"format is {document.get('format')!r}, not {FORMAT}")
    return Release(
        id=_text(document, "release", source),
        bucket=_text(document, "bucket", source),
        role_arn=_text(document, "role_arn", source),
        code={name: _code(entry, f"code.{name}", source) for name, entry in _entries(document, "code", source)},
        images=_artifacts(document, "images", source),
        source=source,
        approval=_approval(document, source),
        endpoints_role_arn=_text(
            document, "endpoints_role_arn" if "endpoints_role_arn" in document else "role_arn", source
        ),
    )


def _approval(document: Mapping[str, Any], source: str) -> str:
    approval = document.get("approval", "")
    _expect(approval in ("", *APPROVALS), source, f"approval is {approval!r}, not one of {', '.join(APPROVALS)}")
    return str(approval)


def _entries(holder: Mapping[str, Any], section: str, source: str, place: str = "") -> list[tuple[str, Any]]:
    entries = holder.get(section)
    _expect(isinstance(entries, Mapping), source, f"{f'{place}.{section}'.lstrip('.')} is not an object")
    return list((entries or {}).items())


def _artifacts(holder: Mapping[str, Any], section: str, source: str, place: str = "") -> dict[str, Artifact]:
    return {
        name: _artifact(entry, f"{place}.{section}.{name}".lstrip("."), source)
        for name, entry in _entries(holder, section, source, place)
    }


def _code(entry: Any, place: str, source: str) -> Code:
    whole = _artifact(entry, place, source)
    return Code(whole.uri, whole.sha256, _artifacts(entry, "steps", source, place))


def _artifact(entry: Any, place: str, source: str) -> Artifact:
    _expect(isinstance(entry, Mapping), source, f"{place} is not an object")
    artifact = Artifact(_text(entry, "uri", source, place), _text(entry, "sha256", source, place))
    _expect(HEX64.fullmatch(artifact.sha256), source, f"{place}.sha256 is not 64 hex digits")
    return artifact


def _text(entry: Mapping[str, Any], key: str, source: str, place: str = "") -> str:
    value = entry.get(key)
    name = f"{place}.{key}".lstrip(".")
    if not isinstance(value, str) or not value:
        raise UserError(f"{source}: {name} is {value!r}, not text; {REMEDY}")
    return value


def _expect(condition: object, source: str, problem: str) -> None:
    if not condition:
        raise UserError(f"{source}: {problem}; {REMEDY}")
