from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from tabular.cluster import Cluster

RESOURCES = {"current_host": "algo-2", "hosts": ["algo-1", "algo-2", "algo-3"], "network_interface_name": "eth0"}


def test_without_a_file_this_machine_is_alone() -> None:
    alone = Cluster.read(None)
    assert (alone.size, alone.leads, alone.share) == (1, True, slice(0, None, 1))
    with alone.joined():
        assert alone.total(np.array([2.0])).tolist() == [2]


def test_an_instance_knows_its_place_among_the_others(tmp_path: Path) -> None:
    file = tmp_path / "resourceconfig.json"
    file.write_text(json.dumps(RESOURCES))
    cluster = Cluster.read(file)
    assert (cluster.size, cluster.leads) == (3, False)
    assert list(range(10))[cluster.share] == [1, 4, 7]


@pytest.mark.parametrize("content", [[], {}, {**RESOURCES, "current_host": "algo-4"}, {**RESOURCES, "hosts": None}])
def test_a_file_that_does_not_say_so_is_refused(tmp_path: Path, content: object) -> None:
    file = tmp_path / "resourceconfig.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"resourceconfig\.json: does not say which hosts there are"):
        Cluster.read(file)
