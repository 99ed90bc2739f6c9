"""Files that somebody brings: which of them are there for good, and what becomes of each.

A run claims the files that are complete: it takes them out of the folder of what is coming, under numbers, so that
nobody changes them any more. What a job finds in them decides whether they become data or go to quarantine.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

from mlops_sagemaker.errors import UserError
from mlops_sagemaker.reuse import StoredObject

MOST = 1000
"""How many files a run claims; what is left waits for the next."""
MOST_BYTES = 20 * 2**30
"""How large they may be together, so that they fit on the disk of the job that inspects them; one file is claimed
however large it is."""
HIDDEN = ("_", ".")
"""How names begin, of files or folders, that writers keep to themselves: the convention of Hadoop and Spark."""
EMPTY_SHA256 = hashlib.sha256().hexdigest()
HASH_LENGTH = 16
"""As in the names that ``deploy.load`` gives to data."""
REMEDIES = {"known": "nothing is to be done: its rows are data already", "empty": "send the file again with its rows"}


class Fate(StrEnum):
    """What becomes of a file."""

    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True)
class Claim:
    """A file as it was found: ``key`` below the folder of what is coming, its ETag and its size in bytes; and the
    ``name`` that it is inspected under, which any job can read."""

    key: str
    etag: str
    size: int
    name: str = ""


@dataclass(frozen=True)
class Claims:
    """What a run claims; ``markers`` say that a folder is complete, and go with its files."""

    files: tuple[Claim, ...]
    markers: tuple[Claim, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: [asdict(each) for each in getattr(self, name)] for name in ("files", "markers")}

    def without(self, left: Collection[Claim]) -> "Claims":
        """All but the files that are ``left`` where they were found, and the markers of their folders."""
        folders = {_beside(claim.key, "") for claim in left}
        return Claims(
            tuple(claim for claim in self.files if claim not in left),
            tuple(marker for marker in self.markers if _beside(marker.key, "") not in folders),
        )


def remembered(document: Mapping[str, Any]) -> Claims:
    """The claims of a document."""
    return Claims(*(tuple(Claim(**each) for each in document[name]) for name in ("files", "markers")))


def claimable(objects: Iterable[StoredObject], marker: str = "") -> Claims:
    """The files among ``objects``, the whole folder of what is coming, that are complete.

    An object of S3 is there as a whole or not at all. With a ``marker`` a file counts only once an object of that name
    lies in its folder, which whoever writes several files writes last.
    """
    found = {each.key: each for each in objects}
    marked = {key: _beside(key, marker) for key in sorted(found) if _is_data(key) and key != _beside(key, marker)}
    files = [key for key in marked if not marker or marked[key] in found]
    fitting = _fitting([found[key].size for key in files])
    # A folder that does not fit as a whole keeps its marker: its rest is complete, too.
    spent = {marked[key] for key in files[:fitting]} - {marked[key] for key in files[fitting:]} if marker else set()
    return Claims(
        tuple(_claim(found[key], f"{number:04}.csv") for number, key in enumerate(files[:fitting], start=1)),
        tuple(_claim(found[key]) for key in sorted(spent)),
    )


def _fitting(sizes: Sequence[int]) -> int:
    """How many of the files, of these sizes in bytes, one run takes."""
    together = sum(total <= MOST_BYTES for total in accumulate(sizes))
    return min(MOST, max(together, 1))


def _claim(found: StoredObject, name: str = "") -> Claim:
    return Claim(found.key, found.etag, found.size, name)


@dataclass(frozen=True)
class Decision:
    """What becomes of a claim: ``name`` goes to ``target``, below the use case's folder.

    ``problems`` are why it is refused, each with ``check``, ``column``, ``problem``, ``count``, ``examples`` and
    ``remedy``.
    """

    file: str
    name: str
    fate: Fate
    target: str
    rows: int
    problems: tuple[Mapping[str, Any], ...] = ()

    @property
    def report(self) -> str | None:
        """Where it is written down why a file was refused: beside its folder, whatever it is called."""
        return f"{self.target.rpartition('/')[0]}.report.json" if self.fate is Fate.REFUSED else None

    @property
    def reasons(self) -> list[str]:
        """A line for each problem."""
        return [_line(problem) for problem in self.problems]


def decide(
    claims: Sequence[Claim], inspected: Mapping[str, Any], known: Iterable[str], day: date, run_key: str
) -> list[Decision]:
    """What becomes of the files, of the ``day`` on which their rows became known.

    ``inspected`` is what the job wrote, `tabular.steps.inspect`; ``known`` are the keys of all data there is, relative
    to its folder: content that is among it is refused. Raises UserError if the job has seen other files.
    """
    there = {PurePosixPath(key).stem: key for key in known}
    found = {each["file"]: each for each in inspected["files"]}
    decisions = []
    for claim in claims:
        seen = found.get(claim.name) or _unseen(claim)
        digest = seen["sha256"][:HASH_LENGTH]
        problems = tuple(seen["problems"] or _repeated(there.get(digest)))
        if problems:
            place = f"quarantine/day={day}/{run_key}/{claim.name.removesuffix('.csv')}/{_last(claim.key)}"
        else:
            place = f"data/day={day}/{digest}.csv"
            there[digest] = f"{claim.key}, which comes with it"
        fate = Fate.REFUSED if problems else Fate.TAKEN
        decisions.append(Decision(claim.key, claim.name, fate, place, seen["rows"], problems))
    return decisions


def _unseen(claim: Claim) -> dict[str, Any]:
    """What is found in a file that no job is given, since it is empty. Raises UserError for any other."""
    if claim.size:
        raise UserError(f"the job has not inspected {claim.key} ({claim.name}); clear the task inspect")
    return {"sha256": EMPTY_SHA256, "rows": 0, "problems": [_problem("empty", "is empty")]}


def _is_data(key: str) -> bool:
    return not key.endswith("/") and not any(part.startswith(HIDDEN) for part in key.split("/"))


def _beside(key: str, name: str) -> str:
    folder, slash, _ = key.rpartition("/")
    return f"{folder}{slash}{name}"


def _last(key: str) -> str:
    """What a file is called, cut to what fits into a key of S3 (1024 bytes) with all that comes before it."""
    return key.rpartition("/")[2][-100:]


def _repeated(where: str | None) -> list[dict[str, Any]]:
    return [_problem("known", f"has the content of {where}")] if where else []


def _problem(check: str, problem: str) -> dict[str, Any]:
    return {
        "check": check, "column": None, "problem": problem, "count": 1, "examples": [], "remedy": REMEDIES[check],
    }  # fmt: skip


def _line(problem: Mapping[str, Any]) -> str:
    column = f"column '{problem['column']}': " if problem["column"] else ""
    first = next(iter(problem["examples"]), None)
    where = f" ({problem['count']} times, first {first['place']}: {first['value']!r})" if first else ""
    return f"{column}{problem['problem']}{where}; {problem['remedy']}"
