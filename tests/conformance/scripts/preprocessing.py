"""A processing script in the scikit-learn image: one-hot codes, scales and splits the abalone data."""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MEASURES = ["length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]
FOLDER = Path("/opt/ml/processing")

parser = argparse.ArgumentParser()
parser.add_argument("--train-test-split-ratio", type=float, default=0.3)
arguments, _ = parser.parse_known_args()
print(f"Received arguments {arguments}")

frame = pd.read_csv(FOLDER / "input" / "abalone.csv", header=None, names=["sex", *MEASURES, "rings"])
coding = make_column_transformer((OneHotEncoder(sparse_output=False), ["sex"]), (StandardScaler(), MEASURES))
x_train, x_test, y_train, y_test = train_test_split(
    frame.drop("rings", axis=1), frame["rings"], test_size=arguments.train_test_split_ratio, random_state=0
)
for name, features, labels in [
    ("train", coding.fit_transform(x_train), y_train),
    ("test", coding.transform(x_test), y_test),
]:
    (FOLDER / name).mkdir(exist_ok=True)
    pd.DataFrame(features).to_csv(FOLDER / name / f"{name}_features.csv", header=False, index=False)
    labels.to_csv(FOLDER / name / f"{name}_labels.csv", header=False, index=False)
