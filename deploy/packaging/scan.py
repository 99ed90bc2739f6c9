"""Secrets in the tree, found by detect-secrets' detectors of keys, tokens and passwords."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.environments.catalogue import SCANNER
from deploy.environments.install import Installer
from deploy.errors import Failure

# These are guesses from randomness alone; the hashes of locks and tests are as random as any key.
GUESSES = ("Base64HighEntropyString", "HexHighEntropyString")
NO_SECRETS = (
    r"^(local|test|real|password|not[- ]for[- ]\w+)$",  # stand-ins that tests and the local stack use
    r"^SAGEMAKER_LOCAL_\w+$",  # names of variables
    r"^cat /run/nightshift/\w+$",  # commands that read a secret where it is needed
)
# Generated from indexes and services, large, and holding nothing but versions, hashes and numbers.
NOT_SCANNED = (r"(^|/)requirements/.*\.txt$", r"/requirements\.txt$", r"\.(csv|svg|gz|lock)$")
LIMIT_SECONDS = 300


def problems(installer: Installer) -> Iterator[str]:
    """Each secret in a file of the tree that git does not ignore. Raises Failure where the tree cannot be read."""
    for file, found in sorted(_scan(installer, _files(installer.root)).items()):
        for secret in found:
            yield (
                f"{file}, line {secret['line_number']}: this looks like a secret ({secret['type']}): take it out, keep "
                "it in AWS Secrets Manager, and if it was ever pushed, make it invalid; where it is none, end the line "
                "with the comment `pragma: allowlist secret`"
            )


def _files(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"git cannot tell which files belong to {root} ({error}): check a clone") from error
    return [name for name in listed.split("\0") if name and (root / name).is_file()]


def _scan(installer: Installer, files: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """By file what the scanner found."""
    with installer.alone():
        installer.ensure(SCANNER)
    program = str(installer.python(SCANNER).with_name("detect-secrets"))
    options = ["--no-verify"]
    options += [word for name in GUESSES for word in ("--disable-plugin", name)]
    options += [word for pattern in NO_SECRETS for word in ("--exclude-secrets", pattern)]
    options += [word for pattern in NOT_SCANNED for word in ("--exclude-files", pattern)]
    done = subprocess.run(
        [program, "scan", *options, *files], cwd=installer.root, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )
    if done.returncode != 0:
        raise Failure(f"the scan for secrets failed:\n{done.stderr.strip()}")
    return dict(json.loads(done.stdout)["results"])
