"""`lianyi compare` and `lianyi screen --prior`, files in, documents out."""

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pydicom
import pytest

from lianyi.lungct.detect.classical import ClassicalDetector
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.lungct.pipeline import Kit, first_read
from lianyi.lungct.report.comparison import comparison_schema_text
from lianyi.phantom import PhantomSpec, PlantedNodule, write_phantom
from lianyi.phantom.spec import PhantomSpec as Spec

REPORT = Path(__file__).resolve().parents[2] / "src" / "lianyi" / "lungct" / "report"
PLACES = ((-72.3, 21.4, 31.7), (83.1, 34.9, -21.2))


def spec(diameters_mm: tuple[float, float], **choices: object) -> Spec:
    planted = tuple(
        PlantedNodule(center_lps_mm=place, diameter_mm=mm) for place, mm in zip(PLACES, diameters_mm, strict=True)
    )
    return PhantomSpec(
        seed=11,
        planted=planted,
        matrix=(256, 256),
        pixel_spacing_mm=(1.45, 1.5),
        noise_hu=10.0,
        **choices,  # type: ignore[arg-type]
    )


def write(folder: Path, chest: Spec, day: str) -> Path:
    write_phantom(folder, chest)
    for path in folder.glob("*.dcm"):
        ds = pydicom.dcmread(path)
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
        ds.save_as(path)
    return folder


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    then = write(folder / "then", spec((10.0, 9.0)), "20300110")
    return then, write(folder / "now", spec((14.0, 9.0), margin_mm=20.0), "20300709")


Lianyi = Callable[..., "subprocess.CompletedProcess[bytes]"]


def test_two_cts_are_compared(pair: tuple[Path, Path], lianyi: Lianyi, tmp_path: Path) -> None:
    ended = lianyi("compare", *pair, "-o", tmp_path, "--json", "--detector", "classical")

    assert ended.returncode == 0, ended.stderr.decode()
    document = json.loads(ended.stdout)
    jsonschema.validate(document, json.loads((REPORT / "comparison.schema.json").read_text(encoding="utf-8")))
    assert document == json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert (document["outcome"], document["days"], document["not_compared"]) == ("compared", 180, [])
    assert [_at(document, place)["change"] for place in PLACES] == ["growing", "stable"]
    page = (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert "增大" in page
    assert "在测量误差内无变化" in page
    assert page.count("data:image/jpeg") >= 4


def _at(document: dict[str, Any], place: tuple[float, float, float]) -> dict[str, Any]:
    """The mark nearest to a planted centre."""
    return min(document["nodules"], key=lambda one: math.dist(one["now"]["center_lps_mm"], place))


def test_a_swapped_pair_is_refused_in_both_documents(pair: tuple[Path, Path], lianyi: Lianyi, tmp_path: Path) -> None:
    ended = lianyi("compare", *reversed(pair), "-o", tmp_path, "--lang", "en", "--detector", "classical")

    assert ended.returncode == 3
    assert "R25" in ended.stdout.decode()
    document = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert (document["refusal"]["of"], document["refusal"]["code"]) == ("pair", "R25")
    assert "give the earlier one first" in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_a_screening_carries_the_comparison(pair: tuple[Path, Path], lianyi: Lianyi, tmp_path: Path) -> None:
    then, now = pair

    ended = lianyi("screen", now, "--prior", then, "--out", tmp_path, "--json", "--detector", "classical")

    assert ended.returncode == 0, ended.stderr.decode()
    findings = json.loads(ended.stdout)
    assert "prior studies" not in [part["what"] for part in findings["not_analysed"]]
    assert "compare" in findings["timing_s"]


class BreaksOnThePrior:
    """Proposes nothing on the first chest and breaks on the second, the prior."""

    identity = ClassicalDetector().identity

    def __init__(self) -> None:
        self.chests = 0

    def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:  # noqa: ARG002 -- the protocol's
        self.chests += 1
        if self.chests == 2:
            raise MemoryError
        return ()


def test_a_fault_in_the_prior_leaves_the_first_look(pair: tuple[Path, Path], tmp_path: Path) -> None:
    then, now = pair
    point = OperatingPoint(name="test", probability=0.5, max_marks=20)
    faults: list[Exception] = []

    findings = first_read(
        [now],
        tmp_path,
        kit=Kit(detector=BreaksOnThePrior(), operating_point=point),
        prior=[then],
        on_prior_fault=faults.append,
    )

    assert findings.outcome == "screened"
    assert [type(fault) for fault in faults] == [MemoryError]
    (said,) = [one for one in findings.warnings if one.code == "W21"]
    assert "程序在读取或比较既往 CT 时出错" in said.message_zh
    assert "既往 CT 时出错" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_shipped_schema_is_the_documents_own() -> None:
    assert (REPORT / "comparison.schema.json").read_text(encoding="utf-8") == comparison_schema_text()
