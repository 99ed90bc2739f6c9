"""A processing script in the scikit-learn image: judges a model on data that it has not seen."""

import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.metrics import mean_squared_error, r2_score

FOLDER = Path("/opt/ml/processing")

with tarfile.open(FOLDER / "model" / "model.tar.gz") as archive:
    archive.extractall("/tmp/model", filter="data")
model = joblib.load("/tmp/model/model.joblib")
features = pd.read_csv(FOLDER / "test" / "test_features.csv", header=None)
labels = pd.read_csv(FOLDER / "test" / "test_labels.csv", header=None)
predictions = model.predict(features)
report = {"mse": mean_squared_error(labels, predictions), "r2": r2_score(labels, predictions)}
(FOLDER / "evaluation" / "evaluation.json").write_text(json.dumps(report))
