"""Every request that can be made from botocore's shapes, for several seeds."""

from __future__ import annotations

import pytest

from sagemaker_local.operations import all_operations
from tests.support.fixtures import environments  # noqa: F401 - a fixture
from tests.support.fuzzing.fixtures import world  # noqa: F401 - a fixture
from tests.support.fuzzing.fuzzer import Fuzzer
from tests.support.fuzzing.world import World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
SEEDS, COMBINATIONS = range(3), 200


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("operation", sorted(all_operations()))
def test_no_request_is_accepted_in_silence_or_ends_in_a_failure(world: World, operation: str, seed: int) -> None:  # noqa: F811
    fuzzer = Fuzzer(world, operation, seed)
    paths = fuzzer.paths()
    faults = [
        *fuzzer.faults_of_valid(paths),
        *fuzzer.faults_of_strangers(paths),
        *fuzzer.faults_of_other_values(paths),
        *fuzzer.faults_of_many_members(paths, COMBINATIONS),
        *fuzzer.faults_of_broken(fuzzer.broken(paths)),
    ]
    assert "\n".join(map(str, faults[:20])) == ""
