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
    # Every hook makes a session of its own, which reads AWS's service models anew: nine tenths of making a client.
    botocore.session.create_loader = cache(botocore.session.create_loader)
