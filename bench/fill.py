"""`python -m bench.fill STATE_DIR JOB NUMBER`: that many copies of a training job that has ended.

Run in sagemaker_local's environment while no server has the folder: through its API every job would have to run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import jobs
from bench.client import ACCOUNT, REGION
from sagemaker_local import state
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import TRAINING
from sagemaker_local.execution import records
from sagemaker_local.store import Store

SCOPE, APART_SECONDS = Scope(ACCOUNT, REGION), 60.0


def main(folder: Path, job: str, number: int) -> None:
    """Copy the job."""
    store = Store(folder / state.DATABASE)
    original = store.get(TRAINING.resource_type, SCOPE, job)
    text = json.dumps(original)
    with store.transaction():
        for index in range(number):
            record = json.loads(text.replace(job, jobs.name(index)))
            for time in ("CreationTime", "LastModifiedTime"):
                record[time] += index * APART_SECONDS
            store.insert(TRAINING.resource_type, SCOPE, record, records.facets(TRAINING, record))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
