"""Training over several instances with XGBoost's collective."""

from __future__ import annotations

from typing import Any

from tests.support.abalone import as_csv, rows
from tests.support.local_aws import BUCKET, LocalAws, unique
from tests.support.managed import XGBOOST, train_script

SCRIPT = """
import argparse, json, os
import xgboost
from sagemaker_containers import entry_point
from sagemaker_xgboost_container import distributed
from sagemaker_xgboost_container.data_utils import get_dmatrix

hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]

def fit(rows, folder, is_master):
    if host == os.environ.get("FAILING_HOST"):
        raise ValueError("of " + host)
    model = xgboost.train({"max_depth": 2}, rows, 2, evals=[(rows, "train")])
    if is_master:
        model.save_model(os.path.join(folder, "xgboost-model"))

rows = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"], "text/csv")
entry_point._wait_hostname_resolution()
distributed.rabit_run(
    exec_fun=fit, args={"rows": rows, "folder": os.environ["SM_MODEL_DIR"]}, include_in_training=rows is not None,
    hosts=hosts, current_host=host, update_rabit_args=True,
)
print("trained on", rows.num_row())
"""


def instances(number: int) -> dict[str, Any]:
    """So many of them, as CreateTrainingJob takes them."""
    return {"InstanceCount": number, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}


def sharded(aws: LocalAws, parts: int) -> dict[str, Any]:
    """The data source of so many objects of 500 rows, dealt to the instances."""
    prefix = unique("sharded")
    for part in range(parts):
        aws.put(f"{prefix}/{part}.csv", as_csv(rows(500 * part, 500 * (part + 1))))
    place = {"S3DataType": "S3Prefix", "S3DataDistributionType": "ShardedByS3Key", "S3Uri": f"s3://{BUCKET}/{prefix}"}
    return {"S3DataSource": place}


def train_together(
    aws: LocalAws, number: int, parts: int = 2, failing: str = "", image: str = XGBOOST
) -> dict[str, Any]:
    """The finished job of the script on so many instances; the one called *failing* raises as its turn comes."""
    return train_script(
        aws,
        {"abalone.py": SCRIPT},
        "abalone.py",
        image,
        InputDataConfig=[{"ChannelName": "train", "DataSource": sharded(aws, parts)}],
        ResourceConfig=instances(number),
        Environment={"FAILING_HOST": failing},
    )
