from __future__ import annotations

import hashlib
import random
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from dicom_series import (
    CORONAL,
    SeriesSpec,
    as_bytes,
    enhanced,
    instance,
    position,
    series_bytes,
    stored_values,
    write_series,
    write_zip,
)
from lianyi.lungct.dicom import instances, read_chest_series
from lianyi.lungct.domain.errors import CautionCode, RefusalCode
from lianyi.lungct.domain.image import CtSlice
from lianyi.lungct.domain.outcome import Refused
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.domain.uids import SeriesUID

SPEC = SeriesSpec()
LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


def read(*paths: Path, requested: str | None = None) -> CtSeries:
    outcome = read_chest_series(paths, requested=None if requested is None else SeriesUID(requested))
    assert isinstance(outcome, CtSeries), outcome.reason
    return outcome


def refused(*paths: Path) -> Refused:
    outcome = read_chest_series(paths, requested=None)
    assert isinstance(outcome, Refused)
    return outcome


def codes(outcome: CtSeries | Refused) -> list[CautionCode]:
    return [caution.code for caution in outcome.cautions]


def in_order(series: CtSeries) -> list[CtSlice]:
    return sorted(series.slices, key=lambda one: one.instance_number)


def assert_is_spec(series: CtSeries, spec: SeriesSpec = SPEC) -> None:
    slices = in_order(series)
    assert [one.instance_number for one in slices] == list(range(1, spec.slices + 1))
    for n, one in enumerate(slices):
        assert one.image_position == pytest.approx(position(spec, n))
        assert one.image_orientation == pytest.approx(spec.orientation, abs=1e-5)
        assert one.pixel_spacing == (0.9, 0.7)
        assert one.slice_thickness_mm == 2.5
        np.testing.assert_array_equal(one.hu_ji, stored_values(spec, n).astype(int) - 1024)


def test_a_folder_without_extensions_and_order_is_read(tmp_path: Path) -> None:
    write_series(tmp_path / "a" / "b")

    series = read(tmp_path)

    assert_is_spec(series)
    assert (series.patient.id, series.patient.name, series.patient.age_years) == ("TEST-1", "Test Patient", 62)
    assert series.cautions == ()
    assert series.not_chosen == ()


def test_single_files_folder_and_archive_give_the_same(tmp_path: Path) -> None:
    files = write_series(tmp_path / "folder")
    archive = write_zip(tmp_path / "export.zip", [(f"DICOM/{path.name}", path.read_bytes()) for path in files])

    for series in (read(*files), read(tmp_path / "folder"), read(archive)):
        assert_is_spec(series)
        assert {file.sha256 for file in series.files} == {
            hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }
        assert {file.bytes for file in series.files} == {path.stat().st_size for path in files}
    assert read(archive).files[0].path.is_relative_to(archive)


def test_files_without_preamble_are_read(tmp_path: Path) -> None:
    for n in range(SPEC.slices):
        ds = instance(SPEC, n)
        buffer = BytesIO()
        pydicom.dcmwrite(buffer, pydicom.Dataset(ds), implicit_vr=True, little_endian=True, enforce_file_format=False)
        (tmp_path / str(n)).write_bytes(buffer.getvalue())

    outcome = read_chest_series([tmp_path], requested=None)

    assert isinstance(outcome, CtSeries)
    assert_is_spec(outcome)


def test_an_enhanced_object_gives_a_slice_a_frame(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(as_bytes(enhanced(SPEC)))

    assert_is_spec(read(tmp_path))


def test_other_files_are_counted_and_directories_are_not(tmp_path: Path) -> None:
    write_series(tmp_path / "s")
    (tmp_path / "readme.txt").write_text("读我")
    (tmp_path / "viewer.exe").write_bytes(b"MZ" + bytes(500))
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + bytes(40))
    (tmp_path / "._0001.dcm").write_bytes(b"\0\5\x16\7")

    series = read(tmp_path)

    assert_is_spec(series)
    assert codes(series) == [CautionCode.IGNORED_FILES]
    assert "3 file(s)" in series.cautions[0].en
    for name in ("readme.txt", "viewer.exe", "._0001.dcm"):
        assert name in series.cautions[0].zh
        assert name in series.cautions[0].en


def test_many_ignored_files_are_counted_and_five_are_named(tmp_path: Path) -> None:
    write_series(tmp_path / "s")
    for n in range(9):
        (tmp_path / f"note{n}.txt").write_text("读我")

    caution = read(tmp_path).cautions[0]

    assert caution.code is CautionCode.IGNORED_FILES
    assert caution.en.count("note") == 5
    assert "等" in caution.zh


def test_bad_files_among_good_ones_are_named_and_cost_nothing_else(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    data = files[0].read_bytes()
    (tmp_path / "header.dcm").write_bytes(data[:300])
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text.dcm").write_bytes(b"not found")
    (tmp_path / "anonymous").write_bytes(as_bytes(instance(replace(SPEC, attributes={"SeriesInstanceUID": None}), 0)))

    series = read(tmp_path)

    assert_is_spec(series)
    assert codes(series) == [CautionCode.UNREADABLE_FILES]
    assert "4 file(s)" in series.cautions[0].en
    for name in ("header.dcm", "empty", "text.dcm", "anonymous"):
        assert name in series.cautions[0].zh
    assert str(tmp_path) not in series.cautions[0].zh


def test_a_sequence_damaged_inside_is_noticed_where_the_file_can_be_named(tmp_path: Path) -> None:
    good = as_bytes(enhanced(SPEC))
    (tmp_path / "bad").write_bytes(good.replace(b"\x18\x00\x25\x93SQ", b"\x18\x00\x25\x93S\0"))  # CT X-Ray Details

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.UNREADABLE_SERIES
    assert "bad" in outcome.cautions[0].en


def test_a_slice_with_truncated_pixels_is_named_and_left_out(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    files[-1].write_bytes(files[-1].read_bytes()[:-100])

    series = read(tmp_path)

    assert len(series.slices) == SPEC.slices - 1
    assert len(series.files) == SPEC.slices - 1
    assert codes(series) == [CautionCode.UNREADABLE_FILES]
    assert files[-1].name in series.cautions[0].en


def test_many_bad_files_are_counted_and_five_are_named(tmp_path: Path) -> None:
    write_series(tmp_path)
    for n in range(9):
        (tmp_path / f"bad{n}.dcm").write_bytes(b"")

    caution = read(tmp_path).cautions[0]

    assert "9 file(s)" in caution.en
    assert caution.en.count("bad") == 5
    assert "等" in caution.zh


def test_a_duplicated_file_is_used_once(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    (tmp_path / "copy").write_bytes(files[3].read_bytes())
    (tmp_path / "edited").write_bytes(as_bytes(instance(replace(SPEC, attributes={"StationName": "PACS2"}), 4)))

    series = read(tmp_path)

    assert_is_spec(series)
    assert codes(series) == [CautionCode.DUPLICATED_FILES]
    assert "2 file(s)" in series.cautions[0].en


def test_two_files_that_claim_to_be_the_same_slice_and_differ_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    (tmp_path / "other").write_bytes(as_bytes(instance(replace(SPEC, attributes={"RescaleIntercept": -1000}), 4)))

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.CONFLICTING_SLICES
    assert "图像号 5" in outcome.reason.zh


def test_the_unreadable_one_of_two_copies_does_not_matter(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    (tmp_path / "copy").write_bytes(files[3].read_bytes()[:-50])

    assert_is_spec(read(tmp_path))


def test_a_name_in_undeclared_gbk_arrives_with_a_caution(tmp_path: Path) -> None:
    write_series(tmp_path, replace(SPEC, raw={"PatientName": "诸葛^亮".encode("gbk")}))

    series = read(tmp_path)

    assert series.patient.name == "诸葛亮"
    assert codes(series) == [CautionCode.GUESSED_CHARACTER_SET]


def test_a_header_silent_about_contrast_leaves_it_unknown(tmp_path: Path) -> None:
    write_series(tmp_path, replace(SPEC, attributes={"ContrastBolusAgent": None}))

    series = read(tmp_path)

    assert series.facts.contrast == "unknown"
    assert codes(series) == []


def test_what_is_not_chosen_comes_with_reasons(tmp_path: Path) -> None:
    write_series(tmp_path, SPEC)
    scout = SeriesSpec(series_uid="2.25.77", slices=1, attributes={**LOCALIZER, "SeriesDescription": "Scout"})
    write_series(tmp_path, scout, prefix="SC")

    series = read(tmp_path)

    assert series.facts.series_uid == SPEC.series_uid
    assert [(one.series_uid, one.description, one.zh) for one in series.not_chosen] == [("2.25.77", "Scout", "定位像")]


def test_a_requested_series_is_read_with_a_caution(tmp_path: Path) -> None:
    write_series(tmp_path, SPEC)
    write_series(tmp_path, SeriesSpec(series_uid="2.25.77", slices=3, orientation=CORONAL), prefix="SC")

    series = read(tmp_path, requested="2.25.77")

    assert len(series.slices) == 3
    assert codes(series) == [CautionCode.REQUESTED_SERIES]


def test_nothing_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.NO_DICOM
    assert codes(outcome) == [CautionCode.IGNORED_FILES]


def test_an_empty_folder_and_an_absent_path_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).reason.code is RefusalCode.NO_DICOM
    assert refused(tmp_path / "absent").reason.code is RefusalCode.UNREADABLE_SERIES


def test_a_series_of_bad_files_only_is_refused_as_unreadable(tmp_path: Path) -> None:
    for path in write_series(tmp_path):
        path.write_bytes(path.read_bytes()[:-100])

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.UNREADABLE_SERIES
    assert codes(outcome) == [CautionCode.UNREADABLE_FILES]


def test_a_refusal_of_the_pixels_keeps_what_was_gathered(tmp_path: Path) -> None:
    write_series(tmp_path, replace(SPEC, attributes={"RescaleSlope": None}))
    write_series(tmp_path, SeriesSpec(series_uid="2.25.77", slices=1, attributes=LOCALIZER), prefix="SC")
    (tmp_path / "a.txt").write_text("x")

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.UNKNOWN_RESCALE
    assert codes(outcome) == [CautionCode.IGNORED_FILES]
    assert [one.en for one in outcome.not_chosen] == ["localizer"]


def test_an_unsafe_archive_is_refused_not_raised(tmp_path: Path) -> None:
    outcome = refused(write_zip(tmp_path / "a.zip", [("../a", b"x")]))

    assert outcome.reason.code is RefusalCode.UNSAFE_ARCHIVE


def test_a_damaged_member_of_an_archive_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [(f"{n}.dcm", data) for n, data in enumerate(series_bytes(SPEC))])
    data = bytearray(path.read_bytes())
    data[300] ^= 0xFF
    path.write_bytes(data)

    series = read(path)

    assert len(series.slices) == SPEC.slices - 1
    assert codes(series) == [CautionCode.UNREADABLE_FILES]
    assert "0.dcm" in series.cautions[0].en


def _deflated(data_set: bytes) -> bytes:
    ds = instance(SPEC, 0)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = as_bytes(ds)
    begin = 144 + int.from_bytes(whole[140:144], "little")
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    return whole[:begin] + pack.compress(data_set) + pack.flush()


def test_a_deflated_data_set_that_inflates_without_end_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "MAX_MEMBER_BYTES", 1 << 20)
    (tmp_path / "bomb").write_bytes(_deflated(bytes(4 << 20)))
    inflated: list[int] = []
    monkeypatch.setattr(pydicom, "dcmread", lambda *_a, **_k: inflated.append(1))

    outcome = refused(tmp_path)

    assert outcome.reason.code is RefusalCode.UNREADABLE_SERIES
    assert inflated == []


def test_the_listener_hears_every_file_of_both_passes(tmp_path: Path) -> None:
    write_series(tmp_path)
    heard: list[tuple[str, int, int]] = []

    read_chest_series([tmp_path], requested=None, tell=lambda *what: heard.append(what))

    assert heard == 2 * [("read", n, SPEC.slices) for n in range(1, SPEC.slices + 1)]


def _in_syntax(n: int, syntax: str) -> bytes:
    ds = pydicom.dcmread(BytesIO(as_bytes(instance(SPEC, n))))
    if syntax in (JPEGLSLossless, RLELossless):
        ds.compress(syntax, generate_instance_uid=False)
    elif syntax == ExplicitVRBigEndian:
        ds.PixelData = stored_values(SPEC, n).astype(">u2").tobytes()
    ds.file_meta.TransferSyntaxUID = syntax
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


SYNTAXES = (
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLSLossless,
    RLELossless,
    "enhanced",
    "explicit",
)


def _whole(n: int, syntax: str) -> bytes:
    if syntax == "enhanced":
        return as_bytes(enhanced(replace(SPEC, slices=3, series_uid=f"2.25.20.{n}")))
    return as_bytes(instance(SPEC, n)) if syntax == "explicit" else _in_syntax(n, syntax)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat or overwrite a few bytes, mostly in the header."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        at = rng.randrange(min(len(out), rng.choice((400, 1500, len(out)))))
        match rng.randrange(5):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                out[at] = rng.choice((0, 0xFF, 0x7F, 0x20, 0x5C))
            case 2:
                out[at : at + rng.randrange(1, 9)] = b""
            case 3:
                out[at:at] = out[at : at + rng.randrange(1, 40)]
            case _:
                del out[max(at, 140) :]
        if not out:
            break
    return bytes(out)


def _fuzz(tmp_path: Path, syntax: str, seed: int, count: int) -> None:
    rng = random.Random(f"{syntax} {seed}")
    whole = [_whole(n, syntax) for n in range(3)]
    endings = set()
    for _ in range(count):
        for n, data in enumerate(whole):
            (tmp_path / f"IM{n}").write_bytes(damaged(data, rng) if n or rng.random() < 0.3 else data)
        endings.add(type(read_chest_series([tmp_path], requested=None)))
    assert endings <= {CtSeries, Refused}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_damaged_files_end_in_a_series_or_a_refusal(tmp_path: Path, syntax: str) -> None:
    _fuzz(tmp_path, syntax, seed=1, count=40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_damaged_files_end_in_a_series_or_a_refusal_at_length(tmp_path: Path, syntax: str, seed: int) -> None:
    _fuzz(tmp_path, syntax, seed=seed + 100, count=200)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_archives_end_in_a_series_or_a_refusal(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = write_zip(
        tmp_path / "a.zip", [(str(n), data) for n, data in enumerate(series_bytes(replace(SPEC, slices=3)))]
    )
    whole = path.read_bytes()
    endings = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 3))):
            data[rng.choice((rng.randrange(len(data)), len(data) - 1 - rng.randrange(250)))] = rng.randrange(256)
        path.write_bytes(data)
        endings.add(type(read_chest_series([path], requested=None)))

    assert endings == {CtSeries, Refused}


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "slices"), [("LIDC-IDRI-0001", 133), ("LIDC-IDRI-0002", 261), ("LIDC-IDRI-0003", 140)]
)
def test_a_real_chest_is_read_whole(shared_data: Path, name: str, slices: int) -> None:
    series = read(shared_data / "ct" / name)

    assert len(series.slices) == slices
    assert len({one.instance_uid for one in series.slices}) == slices
    assert series.patient.id == name
    assert series.facts.kernel == "STANDARD"
    assert codes(series) == []
    assert all(one.hu_ji.shape == (512, 512) for one in series.slices)
