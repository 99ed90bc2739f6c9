"""What the training toolkit knows of its job, and the ``SM_*`` variables in which it tells a script of it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hyperparameters as names
from . import paths
from .hyperparameters import Hyperparameters, split
from .mapping import to_arguments, to_variables

_GROUP = "homogeneousCluster"
# Frameworks' own ways of distribution; each takes in the whole cluster unless groups are named.
_DISTRIBUTIONS = (
    "sagemaker_mpi_enabled",
    "sagemaker_parameter_server_enabled",
    "sagemaker_distributed_dataparallel_enabled",
    "sagemaker_pytorch_ddp_enabled",
    "sagemaker_pytorch_xla_multi_worker_enabled",
    "sagemaker_multi_worker_mirrored_strategy_enabled",
)


@dataclass(frozen=True)
class Environment:
    """A job as its container sees it."""

    hyperparameters: Hyperparameters
    resources: dict[str, Any]
    """resourceconfig.json"""
    channels: dict[str, dict[str, str]]
    """inputdataconfig.json"""
    variables: Mapping[str, str]
    """the container's environment variables"""

    @property
    def entry_point(self) -> str | None:
        """The script or command to run; ``None``: there is none."""
        program = self.variables.get("SAGEMAKER_PROGRAM") or self.hyperparameters.reserved.get(names.PROGRAM)
        return None if program is None else str(program)

    @property
    def module_name(self) -> str | None:
        return self.entry_point and self.entry_point.removesuffix(".py")

    @property
    def module_dir(self) -> str:
        """Where the code is to be had: an S3 URI or a path."""
        default = self.variables.get("SAGEMAKER_SUBMIT_DIRECTORY", str(paths.code()))
        return str(self.hyperparameters.reserved.get(names.SUBMIT_DIRECTORY, default))

    @property
    def log_level(self) -> int:
        return int(self.hyperparameters.reserved.get(names.LOG_LEVEL, logging.INFO))

    @property
    def s3_output(self) -> str | None:
        """Where intermediate output goes, if anywhere."""
        return self.hyperparameters.reserved.get(names.S3_OUTPUT)

    @property
    def framework_module(self) -> str | None:
        return self.variables.get("SAGEMAKER_TRAINING_MODULE")

    @property
    def is_xgboost(self) -> bool:
        return is_xgboost(self.variables)

    @property
    def hosts(self) -> list[str]:
        return list(self.resources["hosts"])

    @property
    def current_host(self) -> str:
        return str(self.resources["current_host"])

    @property
    def arguments(self) -> list[str]:
        """The script's arguments."""
        return to_arguments(self.hyperparameters.user)

    def sm_variables(self) -> dict[str, str]:
        """``SM_*``."""
        described = self.described()
        alone = ("is_master", "master_hostname", "job_name", "distribution_hosts", "is_modelparallel_enabled")
        renamed = {
            "hps": described.pop("hyperparameters"),
            "framework_params": described.pop("additional_framework_parameters"),
            **{f"channel_{name}": path for name, path in described.pop("channel_input_dirs").items()},
            **{f"hp_{name}": value for name, value in self.hyperparameters.user.items()},
        }
        values = {key: value for key, value in described.items() if key not in alone}
        more = {"channels": sorted(self.channels), "user_args": self.arguments, "training_env": self.described()}
        if self.resources.get("topology"):
            more["topology"] = self.resources["topology"]
        return to_variables({**values, **renamed, **more})

    def described(self) -> dict[str, Any]:
        """The whole of it, as ``SM_TRAINING_ENV`` has it."""
        return {**self._places(), **self._program(), **self._cluster(), **self._machine()}

    def _places(self) -> dict[str, Any]:
        return {
            "channel_input_dirs": {name: str(paths.channel(name)) for name in self.channels},
            "input_config_dir": str(paths.input_config()),
            "input_data_config": self.channels,
            "input_dir": str(paths.base() / "input"),
            "model_dir": str(paths.model()),
            "output_data_dir": str(paths.output() / "data"),
            "output_dir": str(paths.output()),
            "output_intermediate_dir": str(paths.intermediate()),
        }

    def _program(self) -> dict[str, Any]:
        return {
            "additional_framework_parameters": self.hyperparameters.framework,
            "framework_module": self.framework_module,
            "hyperparameters": self.hyperparameters.user,
            "is_modelparallel_enabled": None,
            "job_name": self.variables.get("TRAINING_JOB_NAME"),
            "log_level": self.log_level,
            "module_dir": self.module_dir,
            "module_name": self.module_name,
            "user_entry_point": self.entry_point,
        }

    def _cluster(self) -> dict[str, Any]:
        groups = {group["instance_group_name"]: group for group in self.resources.get("instance_groups", [])}
        current = self.resources.get("current_group_name", _GROUP)
        distributed = self._distribution_groups(current)
        distribution_hosts = [host for name in groups if name in distributed for host in groups[name]["hosts"]]
        master = (distribution_hosts or self.hosts)[0]
        return {
            "current_host": self.current_host,
            "current_instance_group": current,
            "current_instance_group_hosts": groups.get(current, {}).get("hosts", []),
            "current_instance_type": self.resources.get("current_instance_type", "local"),
            "distribution_hosts": distribution_hosts,
            "distribution_instance_groups": distributed,
            "hosts": self.hosts,
            "instance_groups": list(groups),
            "instance_groups_dict": groups,
            "is_hetero": len(groups) > 1,
            "is_master": self.current_host == master,
            "master_hostname": master,
            "network_interface_name": self.resources.get("network_interface_name", "eth0"),
            "resource_config": self.resources,
        }

    def _distribution_groups(self, current: str) -> list[str]:
        settings = self.hyperparameters.framework
        default = [current] if any(settings.get(name) for name in _DISTRIBUTIONS) else []
        return list(settings.get("sagemaker_distribution_instance_groups", default))

    def _machine(self) -> dict[str, Any]:
        """The images are for CPUs only, whatever the machine has."""
        return {"num_cpus": os.cpu_count() or 1, "num_gpus": 0, "num_neurons": 0}

    def toolkit_variables(self) -> dict[str, str]:
        """What the toolkit sets beside ``SM_*``."""
        reserved = self.hyperparameters.reserved
        region = reserved.get(names.REGION) or self.variables.get("AWS_REGION", "")
        return {
            "CURRENT_HOST": self.current_host,
            "SAGEMAKER_JOB_NAME": str(reserved.get(names.JOB_NAME, "")),
            "SAGEMAKER_REGION": str(region),
        }


def is_xgboost(variables: Mapping[str, str]) -> bool:
    """Whether this is an XGBoost image, which can train without a script and runs one as a module."""
    return variables.get("SAGEMAKER_TRAINING_MODULE", "").startswith("sagemaker_xgboost_container.")


def read() -> Environment:
    """The environment of the container that this runs in."""
    config = paths.input_config()
    return Environment(
        split(_json(config / "hyperparameters.json")),
        _json(config / "resourceconfig.json"),
        _json(config / "inputdataconfig.json"),
        dict(os.environ),
    )


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))
