"""What is different between environments: one file each beside this one, and no account id anywhere else."""

from deploy.settings.reader import ENVIRONMENTS, Settings, parse, read

__all__ = ["ENVIRONMENTS", "Settings", "parse", "read"]
