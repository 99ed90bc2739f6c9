"""Flask and pandas as in AWS's samples for containers of one's own: CSV in, CSV out, the features ready made.

It is spared the preparation of raw rows: its requests hold the features.
"""

import io
import os

import flask
import pandas as pd
import xgboost

app = flask.Flask(__name__)
booster = xgboost.Booster(model_file=os.environ["MODEL"])


def ping() -> flask.Response:
    return flask.Response(response="\n", status=200, mimetype="application/json")


def invocations() -> flask.Response:
    if flask.request.content_type != "text/csv":
        return flask.Response(response="This predictor only supports CSV data", status=415, mimetype="text/plain")
    data = pd.read_csv(io.StringIO(flask.request.data.decode("utf-8")), header=None)
    data.columns = booster.feature_names
    predictions = booster.predict(xgboost.DMatrix(data))
    out = io.StringIO()
    pd.DataFrame({"results": predictions}).to_csv(out, header=False, index=False)
    return flask.Response(response=out.getvalue(), status=200, mimetype="text/csv")


app.add_url_rule("/ping", view_func=ping, methods=["GET"])
app.add_url_rule("/invocations", view_func=invocations, methods=["POST"])
