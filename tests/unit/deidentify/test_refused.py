"""What may carry text is not exported, each with its reason; a study is exported whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from lianyi.deidentify import NotExported, Pseudonyms, deidentify_folder, read_or_make_key
from lianyi.deidentify.errors import REASONS
from planted_deidentify import ct, noisy_chest, save

NAMES = Pseudonyms(b"k" * 32)


def classed(uid: str) -> Callable[[Dataset], None]:
    def change(ds: Dataset) -> None:
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uid

    return change


def setting(**values: object) -> Callable[[Dataset], None]:
    def change(ds: Dataset) -> None:
        for keyword, value in values.items():
            setattr(ds, keyword, value)

    return change


def overlaid(ds: Dataset) -> None:
    ds.add_new(0x60003000, "OW", b"\1\0")


def truncated(ds: Dataset) -> None:
    ds.PixelData = ds.PixelData[:100]


def striped(ds: Dataset) -> None:
    """Five letters H in one bright value."""
    hu_ji = noisy_chest()
    for left in range(4, 74, 14):
        hu_ji[4:16, left : left + 2] = hu_ji[4:16, left + 7 : left + 9] = 900
        hu_ji[9:11, left : left + 9] = 900
    ds.PixelData = (hu_ji - 1024).astype("<i2").tobytes()


LEFT_OUT = {
    "secondary capture": (classed("1.2.840.10008.5.1.4.1.1.7"), "D01"),
    "ultrasound": (classed("1.2.840.10008.5.1.4.1.1.6.1"), "D01"),
    "encapsulated PDF": (classed("1.2.840.10008.5.1.4.1.1.104.1"), "D01"),
    "presentation state": (classed("1.2.840.10008.5.1.4.1.1.11.1"), "D01"),
    "dose report": (classed("1.2.840.10008.5.1.4.1.1.88.67"), "D01"),
    "private class": (classed("1.2.840.113619.4.30"), "D01"),
    "derived": (setting(ImageType=["DERIVED", "SECONDARY", "MPR"]), "D03"),
    "screen save": (setting(ImageType=["ORIGINAL", "PRIMARY", "SCREEN SAVE"]), "D03"),
}
REFUSED = {
    "burned in": (setting(BurnedInAnnotation="YES"), "D04"),
    "nonsense for burned in": (setting(BurnedInAnnotation="MAYBE"), "D04"),
    "overlay": (overlaid, "D05"),
    "text in pixels": (striped, "D06"),
    "truncated": (truncated, "D07"),
    "lossy": (setting(LossyImageCompression="01"), "D07"),
    "no instance": (setting(SOPInstanceUID=""), "D08"),
}


@pytest.mark.parametrize(("change", "code"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_an_object_that_may_carry_text_is_left_out_and_told(
    change: Callable[[Dataset], None], code: str, tmp_path: Path
) -> None:
    save(ct(1), tmp_path / "in" / "1.dcm")
    other = ct(2)
    change(other)
    save(other, tmp_path / "in" / "2.dcm")

    (study,) = deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES).studies

    assert (study.instances, dict(study.left_out), study.refused) == (1, {code: 1}, None)
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1


@pytest.mark.parametrize(("change", "code"), REFUSED.values(), ids=REFUSED)
def test_one_bad_image_keeps_its_whole_study_back_and_no_other(
    change: Callable[[Dataset], None], code: str, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        ds = ct(number)
        if number == 3:
            change(ds)
        save(ds, tmp_path / "in" / f"{number}.dcm")
    good = ct(4)
    good.StudyInstanceUID = "1.2.3.4"
    save(good, tmp_path / "in" / "4.dcm")

    studies = deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES).studies

    assert [(study.refused, study.instances) for study in studies] == [(code, 0), (None, 1)]
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1
    assert not list((tmp_path / "out").glob(".unfinished-*"))


def test_a_broken_file_of_an_unknown_study_keeps_everything_back(tmp_path: Path) -> None:
    save(ct(1), tmp_path / "in" / "1.dcm")
    (tmp_path / "in" / "2.dcm").write_bytes(bytes(128) + b"DICM" + b"\x08\x00\x05\x00CS\xff\xffX")

    with pytest.raises(NotExported, match="D02"):
        deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["full", "in/out"])
def test_an_output_that_is_not_its_own_is_refused(place: str, tmp_path: Path) -> None:
    save(ct(1), tmp_path / "in" / "1.dcm")
    save(ct(1), tmp_path / "full" / "1.dcm")

    with pytest.raises(NotExported, match="D10"):
        deidentify_folder(tmp_path / "in", tmp_path / place, NAMES)


def test_the_crosswalk_stays_outside_and_tells_who_is_who(tmp_path: Path) -> None:
    save(ct(1), tmp_path / "in" / "1.dcm")
    with pytest.raises(NotExported, match="D09"):
        deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES, crosswalk=tmp_path / "out" / "who.json")

    deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES, crosswalk=tmp_path / "who.json")

    assert '"P1"' in (tmp_path / "who.json").read_text()
    assert (tmp_path / "who.json").stat().st_mode & 0o077 == 0
    assert "P1" not in (tmp_path / "out" / "manifest.json").read_text()


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    key = read_or_make_key(tmp_path / "key")

    assert read_or_make_key(tmp_path / "key") == key
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(NotExported, match="D09"):
        read_or_make_key(tmp_path / "short")


def test_every_reason_is_two_sentences() -> None:
    for code in REASONS:
        reason = NotExported(code)
        assert reason.zh != reason.en
        assert f"[{code}]" in reason.zh
        assert f"[{code}]" in reason.en


def test_noise_alone_is_exported(tmp_path: Path) -> None:
    ds = ct(1, np.asarray(noisy_chest()))
    save(ds, tmp_path / "in" / "1.dcm")

    assert deidentify_folder(tmp_path / "in", tmp_path / "out", NAMES).studies[0].refused is None
