"""The machines of a job, in groups or not."""

from __future__ import annotations

from sagemaker_local.domain.clusters import Cluster, Group, cluster_of

GROUPS = [
    {"InstanceGroupName": "data", "InstanceType": "ml.c5.large", "InstanceCount": 2},
    {"InstanceGroupName": "train", "InstanceType": "ml.p3.2xlarge", "InstanceCount": 1},
]
MIXED = {"ResourceConfig": {"VolumeSizeInGB": 1, "InstanceGroups": GROUPS}}
PROCESSING = {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}}


def test_a_job_without_groups_has_one() -> None:
    assert cluster_of(PROCESSING) == Cluster((Group("homogeneousCluster", "ml.m5.large", ("algo-1", "algo-2")),))


def test_machines_are_numbered_through_all_groups() -> None:
    cluster = cluster_of(MIXED)
    assert [group.hosts for group in cluster.groups] == [("algo-1", "algo-2"), ("algo-3",)]
    assert cluster.hosts == ["algo-1", "algo-2", "algo-3"]
    assert cluster.group_of("algo-3").instance_type == "ml.p3.2xlarge"


def test_the_members_of_groups_are_those_named_or_all() -> None:
    cluster = cluster_of(MIXED)
    assert cluster.members([]) == cluster.members(["train", "data"]) == ["algo-1", "algo-2", "algo-3"]
    assert cluster.members(["train"]) == ["algo-3"]


def test_a_group_may_be_empty() -> None:
    cluster = cluster_of({"ResourceConfig": {"InstanceGroups": [{**GROUPS[0], "InstanceCount": 0}, GROUPS[1]]}})
    assert cluster.hosts == ["algo-1"]
    assert cluster.group_of("algo-1").name == "train"
