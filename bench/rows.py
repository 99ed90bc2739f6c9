"""Abalone rows in any number, after the sample's: `python rows.py <sample.csv> <data.csv> <rows>`."""

import random
import sys
from pathlib import Path

BLOCK = 100_000
"""Rows that are written at a time."""


def main(sample: Path, data: Path, rows: int) -> None:
    """Write the header, and *rows* rows whose measures are a sample row's, each a little changed."""
    header, *known = sample.read_text().splitlines()
    chance = random.Random(0)
    cells = [row.split(",") for row in known]
    with data.open("w") as file:
        file.write(f"{header}\n")
        for start in range(0, rows, BLOCK):
            file.writelines(_varied(chance.choice(cells), chance) for _ in range(min(BLOCK, rows - start)))


def _varied(row: list[str], chance: random.Random) -> str:
    category, *measures, target = row
    shift = chance.uniform(0.97, 1.03)
    return f"{category},{','.join(f'{float(value) * shift:.5f}' for value in measures)},{target}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
