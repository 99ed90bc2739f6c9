"""Parse every DAG where no network can be reached, and print what came of it as JSON. Run as a program."""

import json
import sys
from typing import Any


class NetworkTouched(BaseException):
    """No Exception, so that nobody who means to be lenient catches it."""


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: end any use of the network. Local sockets between the process's own threads are none."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        raise NetworkTouched(f"{event}{arguments} while parsing DAGs")


def main() -> None:
    """Parse, then print import errors, serialised DAGs, and the modules that were loaded."""
    sys.addaudithook(refuse_network)
    from airflow.serialization.serialized_objects import DagSerialization

    from tests.dags.all_dags import dag_bag

    bag = dag_bag()
    # Airflow itself sorts keys before it compares two versions of a DAG.
    dags = {id_: json.dumps(DagSerialization.to_dict(dag), sort_keys=True) for id_, dag in bag.dags.items()}
    print(json.dumps({"import_errors": bag.import_errors, "dags": dags, "modules": sorted(sys.modules)}))


if __name__ == "__main__":
    main()
