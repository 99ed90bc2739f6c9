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

    ``deploy.local.events`` knows the queue's name, as that of all below.
    """
    return _queued(use_case, "approvals")


def incoming(use_case: str) -> Asset:
    """The files that somebody has put into a use case's ``incoming/``; told of as approvals are."""
    return _queued(use_case, "incoming")


def _queued(use_case: str, what: str) -> Asset:
    """What a queue tells of that has the use case's name with hyphens."""
    watcher = AssetWatcher(name=f"{use_case}_{what}", trigger=QueueTrigger(f"{words(use_case)}-{what}"))
    return Asset(f"{use_case}_{what}", watchers=[watcher])
