"""The failure that the person who runs a job can put right."""


class UserError(Exception):
    """Wrong data, settings or arguments. The message names the thing, the place and the remedy; it is shown
    without a traceback, because the code is not at fault."""
