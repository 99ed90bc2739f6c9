"""Preparing abalone data as the AWS samples do, with pandas and scikit-learn: `python recipe.py <data.csv> <output>`.

After the preprocessing script of AWS's abalone examples: impute and scale numbers, impute and one-hot encode the
category, put the target first, shuffle, cut into 70, 15 and 15 per cent, write three CSV files.
"""

import sys
from pathlib import Path
from typing import Any


def transformer(numbers: list[str], category: str) -> Any:
    """What turns raw columns into features."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    encoded = Pipeline([("impute", SimpleImputer(strategy="most_frequent")), ("encode", OneHotEncoder())])
    return ColumnTransformer([("numbers", scaled, numbers), ("category", encoded, [category])])


def main(data: Path, output: Path) -> None:
    """Read, transform, shuffle, split, write."""
    import numpy as np
    import pandas

    frame = pandas.read_csv(data)
    target = frame.pop("rings").to_numpy().reshape(-1, 1)
    numbers = [name for name in frame.columns if name != "sex"]
    rows = np.concatenate([target, transformer(numbers, "sex").fit_transform(frame)], axis=1)
    np.random.default_rng(0).shuffle(rows)
    parts = np.split(rows, [int(0.7 * len(rows)), int(0.85 * len(rows))])
    for part, values in zip(("train", "validation", "test"), parts, strict=True):
        (output / part).mkdir(parents=True, exist_ok=True)
        pandas.DataFrame(values).to_csv(output / part / f"{part}.csv", header=False, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
