from __future__ import annotations

import pytest

from lianyi.lungct.dicom.words import is_elsewhere
from lianyi.lungct.domain.kernels import Sharpness, sharpness


@pytest.mark.parametrize(
    ("kernel", "rank"),
    [
        ("STANDARD", Sharpness.STANDARD),
        ("SOFT", Sharpness.STANDARD),
        ("CHST", Sharpness.STANDARD),
        ("B30f", Sharpness.STANDARD),
        ("Br40d 3", Sharpness.STANDARD),
        ("I31f 2", Sharpness.STANDARD),
        ("FC08", Sharpness.STANDARD),
        ("B", Sharpness.STANDARD),
        ("B_SOFT_B", Sharpness.STANDARD),
        ("LUNG", Sharpness.SHARP),
        ("B60f", Sharpness.SHARP),
        ("Bl57d", Sharpness.SHARP),
        ("FC51", Sharpness.SHARP),
        ("L", Sharpness.SHARP),
        ("YA", Sharpness.SHARP),
        ("B_SHARP_C", Sharpness.SHARP),
        ("BONEPLUS", Sharpness.BONE),
        ("B70s", Sharpness.BONE),
        ("FC30", Sharpness.BONE),
        ("", Sharpness.UNKNOWN),
        ("XYZZY", Sharpness.UNKNOWN),
    ],
)
def test_kernels_of_all_makers_are_ranked(kernel: str, rank: Sharpness) -> None:
    assert sharpness(kernel) is rank


@pytest.mark.parametrize(
    ("body_part", "series", "study"),
    [
        ("HEAD", "", ""),
        ("ABDOMEN", "", ""),
        ("", "头颅平扫", ""),
        ("", "头先进 头部", ""),
        ("", "右足", ""),
        ("", "AX HEAD", "CHEST AND HEAD"),
        ("", "", "上腹部CT平扫"),
        ("KNEE", "AX 1.25", "KNEE"),
        ("EXTREMITY", "", ""),
    ],
)
def test_another_part_of_the_body_is_recognised(body_part: str, series: str, study: str) -> None:
    assert is_elsewhere(body_part=body_part, series=series, study=study)


@pytest.mark.parametrize(
    ("body_part", "series", "study"),
    [
        ("", "", ""),
        ("CHEST", "", ""),
        ("CHEST", "AX 1.25", "HEAD CHEST"),
        ("CHESTABDPELVIS", "", ""),
        ("ABDOMEN", "CHEST 1.25", ""),
        ("ABDOMEN", "AX 1.25", "CHEST ABDOMEN PELVIS"),
        ("", "AX 1.25", "胸腹部CT平扫"),
        ("HEART", "", ""),
        ("", "HEAD FIRST SUPINE", ""),
        ("", "头先进 仰卧 1.25", ""),
        ("", "足先进", ""),
        ("", "", "仰卧位足先进"),
        ("", "FOREARMED", ""),
    ],
)
def test_a_chest_or_no_evidence_is_not_ruled_out(body_part: str, series: str, study: str) -> None:
    assert not is_elsewhere(body_part=body_part, series=series, study=study)
