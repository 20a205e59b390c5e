"""The patient's last CT, fetched from a real Orthanc and compared with; a PACS that fails costs no first look."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pydicom
import pytest

from lianyi.phantom import PhantomSpec, PlantedNodule, write_phantom
from lianyi.station.priors import NotFetched, PriorSource, Wanted, fetch_prior
from outbox_peers import Orthanc, orthanc_running
from running_station import free_port, run_station, storescu

PLACES = ((-72.3, 21.4, 31.7), (83.1, 34.9, -21.2))
MOVE_PORT = free_port()


def chest(folder: Path, diameters_mm: tuple[float, float], day: str, **more: float) -> Path:
    planted = tuple(
        PlantedNodule(center_lps_mm=place, diameter_mm=mm) for place, mm in zip(PLACES, diameters_mm, strict=True)
    )
    spec = PhantomSpec(seed=11, planted=planted, matrix=(200, 236), pixel_spacing_mm=(1.7, 1.6), noise_hu=10.0, **more)  # type: ignore[arg-type]
    write_phantom(folder, spec)
    for path in folder.glob("*.dcm"):
        ds = pydicom.dcmread(path)
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
        ds.save_as(path)
    (folder / "truth.json").unlink()
    return folder


@pytest.fixture(scope="module")
def then_and_now(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("priors")
    then = chest(folder / "then", (10.0, 9.0), "20300110")
    return then, chest(folder / "now", (14.0, 9.0), "20300709", margin_mm=20.0)


@pytest.fixture
def pacs(tmp_path: Path, then_and_now: tuple[Path, Path]) -> Iterator[Orthanc]:
    known = {
        "lianyi": {"AET": "LIANYI", "Host": "127.0.0.1", "Port": MOVE_PORT, "AllowGet": True, "AllowMove": True},
    }
    more = {"DicomAlwaysAllowStore": True, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True}
    with orthanc_running(tmp_path / "orthanc", DicomAlwaysAllowFind=True, DicomModalities=known, **more) as running:
        sent = storescu(running.dicom_port, sorted(then_and_now[0].iterdir()), called="ORTHANC")
        assert sent.returncode == 0, sent.stderr
        yield running


def wanted_of(study: Path, **change: object) -> Wanted:
    ds = pydicom.dcmread(min(study.iterdir()), stop_before_pixels=True)
    given = {"patient_id": ds.PatientID, "study_uid": ds.StudyInstanceUID, "study_date": date(2030, 7, 9), **change}
    return Wanted(**given)  # type: ignore[arg-type]


def source_of(pacs: Orthanc, **more: object) -> PriorSource:
    return PriorSource.model_validate(
        {"host": "127.0.0.1", "port": pacs.dicom_port, "called_ae": "ORTHANC", "timeout_s": 60, **more}
    )


@pytest.mark.parametrize("way", [{"retrieve": "get"}, {"retrieve": "move", "listen_port": MOVE_PORT}])
def test_the_last_earlier_ct_comes_whole(
    tmp_path: Path, pacs: Orthanc, then_and_now: tuple[Path, Path], way: dict[str, object]
) -> None:
    then, now = then_and_now
    into = tmp_path / "prior"
    into.mkdir()
    count = fetch_prior(source_of(pacs, **way), wanted_of(now), into)
    came = {pydicom.dcmread(path).SOPInstanceUID: pydicom.dcmread(path).PixelData for path in into.iterdir()}
    sent = {pydicom.dcmread(path).SOPInstanceUID: pydicom.dcmread(path).PixelData for path in then.iterdir()}

    assert count == len(sent)
    assert came == sent


@pytest.mark.parametrize(
    "change",
    [{"patient_id": "somebody else"}, {"study_date": date(2030, 1, 10)}, {"study_date": date(2036, 1, 1)}],
    ids=["another patient", "the same day", "too long ago"],
)
def test_what_is_no_prior_is_not_fetched(
    tmp_path: Path, pacs: Orthanc, then_and_now: tuple[Path, Path], change: dict[str, object]
) -> None:
    assert fetch_prior(source_of(pacs), wanted_of(then_and_now[1], **change), tmp_path) == 0


def test_a_pacs_that_is_down_is_told(tmp_path: Path, then_and_now: tuple[Path, Path]) -> None:
    down = Orthanc(free_port(), free_port(), free_port())

    with pytest.raises(NotFetched, match="refused or did not answer"):
        fetch_prior(source_of(down, timeout_s=5), wanted_of(then_and_now[1]), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("is_up", [True, False])
def test_a_study_is_compared_with_what_the_pacs_has_and_screened_without(
    tmp_path: Path,
    pacs: Orthanc,
    then_and_now: tuple[Path, Path],
    is_up: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    port = pacs.dicom_port if is_up else free_port()
    rest = f'[priors]\nhost = "127.0.0.1"\nport = {port}\ncalled_ae = "ORTHANC"\ntimeout_s = 60'
    folder = tmp_path / "station"
    folder.mkdir()
    with run_station(folder, rest=rest) as station:
        assert storescu(station.port, sorted(then_and_now[1].iterdir())).returncode == 0
        assert station.wait_for_screenings(1) == [("finished", "screened")]
        findings = json.loads(next(station.data.glob("results/*/documents/findings.json")).read_text())
        said = station.events("prior fetched" if is_up else "prior not fetched")

    assert len(said) == 1
    assert ("prior studies" in [part["what"] for part in findings["not_analysed"]]) == (not is_up)
    assert (findings["compared"] is not None) == is_up
