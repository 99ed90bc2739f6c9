"""A script in the XGBoost image: trains on libsvm, saves the model where it is served from, and loads it there."""

import argparse
import os
import pickle

import xgboost as xgb


def model_fn(model_dir):
    with open(os.path.join(model_dir, "xgboost-model"), "rb") as file:
        return pickle.load(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int)
    parser.add_argument("--eta", type=float)
    parser.add_argument("--gamma", type=float)
    parser.add_argument("--min_child_weight", type=float)
    parser.add_argument("--subsample", type=float)
    parser.add_argument("--verbosity", type=int)
    parser.add_argument("--objective")
    parser.add_argument("--num_round", type=int)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", default=os.environ.get("SM_MODEL_DIR"))
    args, _ = parser.parse_known_args()

    matrices = [
        (xgb.DMatrix(f"{os.path.join(folder, os.listdir(folder)[0])}?format=libsvm"), name)
        for name, folder in [("train", args.train), ("validation", args.validation)]
    ]
    params = {
        name: value
        for name, value in vars(args).items()
        if name not in ("num_round", "train", "validation", "model_dir") and value is not None
    }
    booster = xgb.train(params, matrices[0][0], num_boost_round=args.num_round, evals=matrices)
    with open(os.path.join(args.model_dir, "xgboost-model"), "wb") as file:
        pickle.dump(booster, file)
