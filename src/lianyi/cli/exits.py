"""How a command ends: the numbers a script may rely on."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit status of ``lianyi``."""

    SCREENED = 0  # or partly screened; the findings say which
    UNFIT = 1  # `lianyi doctor` found something that keeps this machine from screening
    USAGE = 2  # a wrong argument, a wrong setting or a wrong installation; nothing was started
    REFUSED = 3  # the input must not be screened; the documents say why
    FAILED = 4  # a fault of ours; the documents say that nothing was screened
    NOT_DELIVERED = 5  # `lianyi send`: a receiver did not take everything
    INTERRUPTED = 130  # Ctrl-C, by the convention of shells: 128 + SIGINT
