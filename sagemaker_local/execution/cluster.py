"""The instances of one job: each a folder, a name and an address of its own.

Every address is one of the loopback network (127.0.0.0/8), so instances reach each other, and each binds where it will,
without any network being set up. The names resolve through a hosts file that each instance sees as /etc/hosts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sagemaker_local.execution.process import Sandbox


def create_instances(folder: Path, hosts: list[str]) -> list[Sandbox]:
    """An instance for each of *hosts* below *folder*, which is made too."""
    instances = [Sandbox(folder / host, host) for host in hosts]
    network = _network(folder)
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    lines += [f"{network}.{number} {instance.host}" for number, instance in enumerate(instances, start=1)]
    for instance in instances:
        instance.create()
        instance.hosts_file.write_text("\n".join(lines) + "\n")
    return instances


def _network(folder: Path) -> str:
    """The first three bytes of the job's addresses, off the range that other programs are used to."""
    high, low = hashlib.sha256(folder.name.encode()).digest()[:2]
    return f"127.{64 + high % 128}.{low}"
