"""The machines that a job asks for: groups of them, and the names that they have within the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.domain.jobs import Record

# The group of a job that asks for no groups: so it is called in the job's own resourceconfig.json.
_ONLY_GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class Group:
    """Machines of one type."""

    name: str
    instance_type: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Cluster:
    """All machines of a job. They are called ``algo-1``, ``algo-2``, ... from the first group to the last."""

    groups: tuple[Group, ...]

    @property
    def hosts(self) -> list[str]:
        """The names of all machines, by number."""
        return [host for group in self.groups for host in group.hosts]

    def group_of(self, host: str) -> Group:
        """The group that *host* is in."""
        (group,) = [group for group in self.groups if host in group.hosts]
        return group

    def members(self, names: Sequence[str]) -> list[str]:
        """The machines of the groups with these *names*, by number; of all groups if there are no names."""
        return [host for group in self.groups if group.name in names or not names for host in group.hosts]


def requested(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups that a ``ResourceConfig`` or the like asks for, as an ``InstanceGroups`` has them."""
    return resources.get("InstanceGroups") or [{**resources, "InstanceGroupName": _ONLY_GROUP}]


def cluster_of(record: Record) -> Cluster:
    """The machines of a training, processing or transform job."""
    resources = (
        record.get("ResourceConfig")
        or record.get("TransformResources")
        or record["ProcessingResources"]["ClusterConfig"]
    )
    groups: list[Group] = []
    first = 1
    for group in requested(resources):
        after = first + int(group["InstanceCount"])
        hosts = tuple(f"algo-{number}" for number in range(first, after))
        groups.append(Group(group["InstanceGroupName"], group["InstanceType"], hosts))
        first = after
    return Cluster(tuple(groups))
