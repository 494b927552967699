"""Errors that one line tells the user about."""


class SweepError(Exception):
    """The sweep cannot start or go on; the message says why and what helps."""


class SpaceError(SweepError):
    """A design space that cannot be used; the message names item, value and what is allowed."""

    def __init__(self, item, value, allowed):
        super().__init__(f"{item} = {value!r}: {allowed}")


class SweepStopped(SweepError):
    """A sweep that had begun cannot go on; what was committed stays, and the same command resumes."""

    def __init__(self, reason):
        super().__init__(f"{reason}; what is committed stays, the same command goes on where it stopped")
