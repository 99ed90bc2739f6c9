"""Why a serving container gave no answer."""


class NoAnswer(Exception):
    """The container could not be reached, closed the connection, or sent what is not HTTP; the text says which."""


class Unreachable(NoAnswer):
    """No connection came about: the container has not seen the request."""


class TimedOut(NoAnswer):
    """No whole answer came within the time limit."""
