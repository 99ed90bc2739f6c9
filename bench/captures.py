"""Captured records of the abalone endpoint in any number: `python captures.py <sample.csv> <folder> <records>` writes
``capture/*.jsonl`` as SageMaker does, and ``training.csv`` and ``answers.csv``, a million rows of what came before.
"""

import random
import sys
import uuid
from pathlib import Path

BLOCK = 100_000
"""Records that are written at a time."""
FILE = 1_000_000
"""Records of a file; further files differ from the first in their event ids alone."""
SECONDS = 3600
RECORD = (
    '{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"{row}\\n",'
    '"encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT",'
    '"data":"{answer:.6f}\\n","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"0{event}","inferenceId":"row-{number}",'
    '"inferenceTime":"2026-03-01T10:{minute:02}:{second:02}Z"}},"eventVersion":"0"}}\n'
)
EVENT = b'"eventId":"%d'


def main(sample: Path, folder: Path, records: int) -> None:
    """Write the capture and what it is compared with."""
    chance = random.Random(0)
    header, *lines = sample.read_text().splitlines()
    known = [line.split(",") for line in lines]
    (folder / "capture").mkdir(parents=True)
    first = folder / "capture" / "0.jsonl"
    _records(first, known, min(records, FILE), chance)
    for number in range(1, records // FILE):
        _again(first, folder / "capture" / f"{number}.jsonl", number)
    with (folder / "training.csv").open("w") as file, (folder / "answers.csv").open("w") as answers:
        file.write(f"{header}\n")
        answers.write(f"{header.rpartition(',')[0]},prediction\n")
        for _ in range(FILE // BLOCK):
            rows = [_varied(chance.choice(known), chance) for _ in range(BLOCK)]
            file.writelines(f"{row},{answer:.0f}\n" for row, answer in rows)
            answers.writelines(f"{row},{answer:.6f}\n" for row, answer in rows)


def _records(file: Path, known: list[list[str]], records: int, chance: random.Random) -> None:
    with file.open("w") as stream:
        for start in range(0, records, BLOCK):
            numbers = range(start, min(start + BLOCK, records))
            stream.writelines(_record(number, number * SECONDS // records, known, chance) for number in numbers)


def _record(number: int, second: int, known: list[list[str]], chance: random.Random) -> str:
    row, answer = _varied(chance.choice(known), chance)
    event = str(uuid.UUID(int=chance.getrandbits(128)))[1:]
    minute, rest = divmod(second, 60)
    return RECORD.format(row=row, answer=answer, event=event, number=number, minute=minute, second=rest)


def _again(first: Path, file: Path, number: int) -> None:
    with first.open("rb") as source, file.open("wb") as target:
        while block := source.readlines(1 << 24):
            target.write(b"".join(block).replace(EVENT % 0, EVENT % number))


def _varied(row: list[str], chance: random.Random) -> tuple[str, float]:
    """A sample row whose measures are a little changed, and an answer to it."""
    category, *measures, target = row
    shift = chance.uniform(0.97, 1.03)
    return f"{category},{','.join(f'{float(value) * shift:.4f}' for value in measures)}", float(target) * shift


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
