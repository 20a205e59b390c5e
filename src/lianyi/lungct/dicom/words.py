"""The words of headers that decide a choice: body parts, kinds of image, reconstruction kernels.

Tables, not code: a hospital's own word is added as one entry.
"""

from __future__ import annotations

import re
from enum import IntEnum

CHEST = re.compile(
    r"CHEST|THORA|LUNG|PULMO|TORSO|TRUNK|WHOLE ?BODY|(?<![A-Z])(?:CAP|TAP|HRCT|LDCT)(?![A-Z])|胸|肺|全身|躯干"
)
"""Anything that names the chest, alone or with its neighbours ("CHESTABDOMEN")."""

ELSEWHERE = re.compile(
    r"HEAD(?! ?FIRST)|BRAIN|SKULL|CRANI|CEREBR"
    r"|(?<![A-Z])(?:NECK|IAC|ORBIT\w*|SINUS\w*|TEETH|JAW|MANDIBLE|DENTAL)(?![A-Z])"
    r"|ABDOM|PELVI|LIVER|KIDNEY|RENAL|PANCREAS|COLON|UROGRA|(?<![A-Z])(?:HIP|KUB|CTU)(?![A-Z])"
    r"|KNEE|(?<![A-Z])(?:LEG|FOOT|ANKLE|HAND|WRIST|ELBOW|ARM|FEMUR|TIBIA|EXTREMITY|SHOULDER)(?![A-Z])"
    r"|CSPINE|LSPINE|C-SPINE|L-SPINE|LUMBAR|CERVICAL|SACR"
    r"|头(?!先进)|颅|脑|颈|眼|鼻|耳|口腔|颌|腹|肝|肾|胰|盆|骨盆|髋|膝|踝|足(?!先进)|腕|肘|肩|腰椎|颈椎|骶"
)
"""Body parts without lungs.  The thoracic spine and the heart are left out: their series may hold the lungs."""

PROJECTED = frozenset(
    {"MIP", "MINIP", "MAX_IP", "MIN_IP", "MPR MIP", "VRT", "VR", "VOLUME_RENDER", "SSD", "SURFACE_RENDER", "3D"}
    | {"SCREEN SAVE", "PROJECTION IMAGE"}
)
"""Values of Image Type whose voxels are no longer the HU of one place."""

REFORMATTED = frozenset({"MPR", "CSA MPR", "CSAMPR", "CSA RESAMPLED", "REFORMATTED", "RESAMPLED", "AVERAGE"})
"""Values of Image Type of a series made from another one."""


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


def is_elsewhere(*, body_part: str, series: str, study: str) -> bool:
    """Whether the header clearly names a part of the body that holds no lungs.

    The series' own words outrank the study's: a study of head and chest holds series of the head.  A default
    body part left by the protocol ("ABDOMEN" in a study of chest and abdomen) is no clear evidence.  Words
    that name nothing are no evidence either; the lungs themselves are looked for later.
    """
    body_part, series, study = body_part.upper(), series.upper(), study.upper()
    if CHEST.search(body_part) or CHEST.search(series):
        return False
    if ELSEWHERE.search(series):
        return True
    return not CHEST.search(study) and bool(ELSEWHERE.search(body_part) or ELSEWHERE.search(study))
