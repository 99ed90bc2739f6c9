"""``reset``: delete the state of a stopped server, and nothing else."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sagemaker_local import state
from sagemaker_local.errors import CannotGoOn


def reset(arguments: argparse.Namespace) -> int:
    """Delete what a server has made in the state folder, and say so; asks unless told ``--yes``."""
    folder = arguments.state_dir
    if not state.is_state(folder):
        print(f"nothing to delete: {folder} holds no state of sagemaker-local")
        return 0
    with state.claimed(folder):
        entries = [folder / name for name in state.ENTRIES if (folder / name).exists()]
        if not entries:
            print(f"nothing to delete: the state in {folder} is empty")
            return 0
        print(f"All jobs, models and S3 objects of this server, and its log, in {folder}:")
        for entry in entries:
            print(f"  {entry.name}{'/' if entry.is_dir() else ''}")
        if not arguments.yes and not _agreed():
            print("nothing was deleted")
            return 1
        for entry in entries:
            _delete(entry)
    print("deleted")
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise CannotGoOn("there is nobody to ask: give --yes to delete it")
    return input("Delete? [y/N] ").strip().lower() in ("y", "yes")


def _delete(entry: Path) -> None:
    try:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    except OSError as error:
        raise CannotGoOn(
            f"{error.filename} could not be deleted ({error.strerror}); the rest may be there too"
        ) from error
