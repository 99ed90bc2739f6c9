"""The toolkit's errors; their texts go into the failure file, and from there into ``FailureReason``."""

from __future__ import annotations


class ClientError(Exception):
    """A failure of the user's code or input, not of the framework."""


class CommandFailed(ClientError):
    """A command ended with something other than 0."""

    def __init__(self, command: str, exit_code: int, message: str, extra: str | None = None) -> None:
        lines = [f"{type(self).__name__}:", f"ExitCode {exit_code}", f'ErrorMessage "{message}"']
        lines += [f'ExtraInfo "{extra}"'] if extra else []
        super().__init__("\n".join([*lines, f'Command "{command}"']))


class ExecuteUserScriptError(CommandFailed):
    """The user's script failed."""


class InstallModuleError(CommandFailed):
    """The user's package could not be installed."""


class InstallRequirementsError(CommandFailed):
    """The user's requirements could not be installed."""
