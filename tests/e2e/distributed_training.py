"""A training script of several instances: XGBoost's own collective over the rows that each has."""

import hashlib
import json
import socket
import threading
from pathlib import Path

import numpy as np
import xgboost
from xgboost import collective
from xgboost.tracker import RabitTracker

PORT = 9091


def main() -> None:
    resources = json.loads(Path("/opt/ml/input/config/resourceconfig.json").read_text())
    hosts, host = resources["hosts"], resources["current_host"]
    if host == hosts[0]:
        tracker = RabitTracker(len(hosts), host_ip=socket.gethostbyname(host), port=PORT)
        tracker.start()
        threading.Thread(target=tracker.wait_for, daemon=True).start()
    (file,) = Path("/opt/ml/input/data/train").glob("*.csv")
    rows = np.loadtxt(file, delimiter=",", dtype=np.float32)
    with collective.CommunicatorContext(dmlc_tracker_uri=hosts[0], dmlc_tracker_port=PORT, dmlc_retry=30):
        data = xgboost.DMatrix(rows[:, :-1], rows[:, -1])
        parameters = {"tree_method": "hist", "max_depth": 3, "nthread": 1}
        model = xgboost.train(parameters, data, num_boost_round=5)
        print(f"of {collective.get_world_size()} instances, on {len(rows)} rows here")
    print("model", hashlib.sha256(model.save_raw("ubj")).hexdigest())


main()
