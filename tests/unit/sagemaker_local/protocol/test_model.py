"""The facade over botocore's service model."""

from __future__ import annotations

import pytest

from sagemaker_local.operations import all_operations
from sagemaker_local.protocol import model


def test_the_model_has_sagemakers_operations() -> None:
    assert {"CreateTrainingJob", "CreateEndpoint", "ListDomains"} <= model.operation_names()


def test_every_supported_operation_is_one_of_the_model() -> None:
    assert all_operations().keys() <= model.operation_names()


def test_an_operation_that_sagemaker_does_not_have_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="TrainFaster"):
        model.operation("TrainFaster")


def test_every_operation_has_an_input_structure() -> None:
    assert {model.input_shape(name).type_name for name in model.operation_names()} == {"structure"}
