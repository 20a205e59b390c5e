"""Become another program, within limits: ``python -m lianyi.station.screening.confined PARENT MEMORY_MB NICE WORDS…``.

The limits are set here and not between fork and exec, where a process of many threads may lock itself up.  On Linux
the program is killed with its parent, so that a station that was killed leaves nothing running behind.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # Linux, sys/prctl.h


def main(words: list[str]) -> None:
    """Set the limits and become the program."""
    parent, memory_mb, nice, *program = words
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it was killed before we could ask to be
        sys.exit(1)
    most = int(memory_mb) * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds the patient's images
    os.nice(int(nice))
    os.execv(program[0], program)  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
