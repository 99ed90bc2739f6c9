"""A script-mode training script in the scikit-learn image that says how well it does."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning-rate", type=float, default=0.05)
    args, _ = parser.parse_known_args()

    train, validation = (
        pd.read_csv(os.path.join(os.environ[f"SM_CHANNEL_{name}"], f"{name.lower()}.csv"), header=None)
        for name in ("TRAIN", "VALIDATION")
    )
    model = GradientBoostingClassifier(learning_rate=args.learning_rate, n_estimators=20, random_state=0)
    model.fit(train.drop(0, axis=1), train[0])
    print(f"validation-accuracy={model.score(validation.drop(0, axis=1), validation[0]):.4f}")
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
