"""What DAGs are told of by events: every Asset, named once."""

from airflow.sdk import Asset


def data(use_case: str) -> Asset:
    """The data of a use case. An event says that days were added; its ``extra`` may name the date that ends the data
    window, as ``window_end``. ``deploy.local.data`` knows the name."""
    return Asset(f"{use_case}_data")
