"""A processing script in the scikit-learn image that fetches its data itself, as the SDK's example does."""

import argparse
from pathlib import Path

import boto3
import numpy as np
import pandas as pd
import requests  # noqa: F401 - as the example does: it is in the image
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MEASURES = ["length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]

parser = argparse.ArgumentParser()
parser.add_argument("--input-data", required=True)
arguments = parser.parse_args()

base = Path("/opt/ml/processing")
(base / "data").mkdir(parents=True, exist_ok=True)
bucket, _, key = arguments.input_data.removeprefix("s3://").partition("/")
file = base / "data" / "abalone-dataset.csv"
boto3.resource("s3").Bucket(bucket).download_file(key, str(file))
frame = pd.read_csv(file, header=None, names=["sex", *MEASURES, "rings"])
file.unlink()

numeric = Pipeline([("imputer", SimpleImputer(strategy="median")), ("scaler", StandardScaler())])
categorical = Pipeline(
    [("imputer", SimpleImputer(strategy="constant", fill_value="missing")), ("onehot", OneHotEncoder())]
)
coding = ColumnTransformer([("num", numeric, MEASURES), ("cat", categorical, ["sex"])])
labels = frame.pop("rings").to_numpy().reshape(-1, 1)
rows = np.concatenate((labels, coding.fit_transform(frame)), axis=1)
np.random.default_rng(0).shuffle(rows)
parts = np.split(rows, [int(0.7 * len(rows)), int(0.85 * len(rows))])
for name, part in zip(("train", "validation", "test"), parts, strict=True):
    pd.DataFrame(part).to_csv(base / name / f"{name}.csv", header=False, index=False)
