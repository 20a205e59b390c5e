"""How sharp a reconstruction kernel is, by its name: a table, to which a maker's new name is added as one entry."""

from __future__ import annotations

import re
from enum import IntEnum


class Sharpness(IntEnum):
    """How sharp a kernel is, for ranking: nodules are seen and measured best on soft to standard ones."""

    STANDARD = 0
    UNKNOWN = 1
    SHARP = 2
    BONE = 3


# Kernel names by manufacturer, as their DICOM conformance statements and protocols use them.
_NAMED = (
    (re.compile(r"BONE|EDGE|ULTRA"), Sharpness.BONE),
    (re.compile(r"LUNG|SHARP|(?<![A-Z])HR(?![A-Z])|HIGH ?RES"), Sharpness.SHARP),
    (re.compile(r"SOFT|STAND|(?<![A-Z])STD(?![A-Z])|SMOOTH|DETAIL|CHST|CHEST|BODY"), Sharpness.STANDARD),
    (re.compile(r"[ABC]"), Sharpness.STANDARD),  # Philips body kernels, from smooth to standard
    (re.compile(r"L|Y[A-D]|[DEF]"), Sharpness.SHARP),  # Philips lung and detail kernels
)
_SIEMENS = re.compile(
    r"(?:[A-Z]{1,2})(\d{2})[A-Z]{0,2}(?: .*)?"
)  # B30f, Br40d, Bl57, I31f 3: the number is the sharpness
_CANON = re.compile(r"FC(\d{2}).*")  # FC01-19 body, FC30 bone, FC50 lung, FC80 high resolution


def sharpness(kernel: str) -> Sharpness:
    """Rank a reconstruction kernel by its name."""
    name = kernel.strip().upper()
    if canon := _CANON.fullmatch(name):
        number = int(canon[1])
        if number < 30:
            return Sharpness.STANDARD
        return Sharpness.BONE if number < 50 else Sharpness.SHARP
    if siemens := _SIEMENS.fullmatch(name):
        number = int(siemens[1])
        if number < 50:
            return Sharpness.STANDARD
        return Sharpness.SHARP if number < 70 else Sharpness.BONE
    for pattern, rank in _NAMED[:3]:
        if pattern.search(name):
            return rank
    return next((rank for pattern, rank in _NAMED[3:] if pattern.fullmatch(name)), Sharpness.UNKNOWN)
