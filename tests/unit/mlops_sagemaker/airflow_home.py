"""A private Airflow for a test process: a home of its own, the folders of this checkout, no database."""

import os
import tempfile
from functools import cache
from pathlib import Path

import botocore.session

ROOT = Path(__file__).parents[3]

_home = tempfile.TemporaryDirectory(prefix="airflow-home-")


def set_up() -> None:
    """To be called before Airflow is imported, which reads its settings then."""
    os.environ |= {
        "AIRFLOW_HOME": _home.name,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    }
    _make_clients_quickly()


def _make_clients_quickly() -> None:
    """Tests make thousands, and nine tenths of that is spent on what no test is about: each hook's own session reads
    AWS's service models anew, and for the user agent each finds its caller in the stack, with the source of all frames.
    """
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    botocore.session.create_loader = cache(botocore.session.create_loader)
    AwsGenericHook._get_caller = lambda hook, target_function_name="execute": "Tests"
