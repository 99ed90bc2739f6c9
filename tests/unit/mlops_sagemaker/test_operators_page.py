import importlib
import pkgutil
import re
from pathlib import Path

import mlops_sagemaker
from mlops_sagemaker.operators.base import LifecycleOperator, SageMakerJobOperator
from mlops_sagemaker.operators.hosting import EndpointWaiter
from mlops_sagemaker.sensors.base import LifecycleSensor

PAGE = Path(__file__).parents[3] / "docs" / "operators.md"
BASES = {EndpointWaiter, LifecycleOperator, SageMakerJobOperator, LifecycleSensor}
WITHOUT_AWS = {"ApproveDeploymentOperator"}


def test_the_page_lists_every_operator_and_sensor_and_nothing_else() -> None:
    for module in pkgutil.walk_packages(mlops_sagemaker.__path__, "mlops_sagemaker."):
        if module.name.startswith(("mlops_sagemaker.operators", "mlops_sagemaker.sensors")):
            importlib.import_module(module.name)
    there = {cls.__name__ for base in BASES for cls in _descendants(base) if not cls.__name__.startswith("_")}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)) == (there | WITHOUT_AWS) - {
        b.__name__ for b in BASES
    }


def _descendants(cls: type) -> set[type]:
    direct = set(cls.__subclasses__())
    return direct.union(*map(_descendants, direct))
