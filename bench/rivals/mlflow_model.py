"""``mlflow_model.py BOOSTER FOLDER``: the booster as a model of MLflow."""

import sys

import mlflow.xgboost
import xgboost

mlflow.xgboost.save_model(xgboost.Booster(model_file=sys.argv[1]), sys.argv[2])
