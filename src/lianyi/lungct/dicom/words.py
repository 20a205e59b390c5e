"""The words of headers that decide a choice: body parts, kinds of image.

Tables, not code: a hospital's own word is added as one entry.
"""

from __future__ import annotations

import re

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
