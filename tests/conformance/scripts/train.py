"""A script in the scikit-learn image: trains a model, and loads it where it is served."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestRegressor


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-estimators", type=int, default=10)
    parser.add_argument("--min-samples-leaf", type=int, default=3)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    args, _ = parser.parse_known_args()

    features = pd.read_csv(os.path.join(args.train, "train_features.csv"), header=None)
    labels = pd.read_csv(os.path.join(args.train, "train_labels.csv"), header=None)
    model = RandomForestRegressor(args.n_estimators, min_samples_leaf=args.min_samples_leaf, random_state=0)
    model.fit(features, labels[0])
    print(f"train-r2: {model.score(features, labels[0]):.4f}")
    joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))
