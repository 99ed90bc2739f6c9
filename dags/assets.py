"""What DAGs are told of by events: every Asset, named once."""

from airflow.sdk import Asset, AssetWatcher

from mlops_sagemaker.naming import words
from mlops_sagemaker.triggers.queue import QueueTrigger


def data(use_case: str) -> Asset:
    """The data of a use case. An event says that days were added; its ``extra`` may name the date that ends the data
    window, as ``window_end``. ``deploy.local.data`` knows the name."""
    return Asset(f"{use_case}_data")


def drift(use_case: str) -> Asset:
    """What production of a use case is asked has drifted from what its model knows. An event asks for a training; its
    ``extra`` names the data window, as `data`'s does, with the window of traffic and the reason."""
    return Asset(f"{use_case}_drift")


def approvals(use_case: str) -> Asset:
    """The versions of a use case that were approved or rejected: EventBridge tells a queue of SQS so, and that Airflow.

    The queue has the use case's name with hyphens; ``deploy.local.approvals`` knows it.
    """
    watcher = AssetWatcher(name=f"{use_case}_approvals", trigger=QueueTrigger(f"{words(use_case)}-approvals"))
    return Asset(f"{use_case}_approvals", watchers=[watcher])
