"""DICOMweb with dicomweb-client: stored by the rules of C-STORE, found, and given back as it came."""

import http.client
from pathlib import Path

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.uid import SecondaryCaptureImageStorage
from requests.exceptions import HTTPError

from running_station import RunningStation


@pytest.fixture
def slices(tiny_study: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(tiny_study.iterdir())[:4]]


def client_of(station: RunningStation) -> DICOMwebClient:
    return DICOMwebClient(f"http://127.0.0.1:{station.http_port}/dicom-web")


def test_what_is_stored_is_found_screened_and_given_back(
    station: RunningStation, slices: list[pydicom.Dataset]
) -> None:
    client = client_of(station)
    answer = client.store_instances(slices)
    screenings = station.wait_for_screenings(1)
    first = slices[0]
    studies = client.search_for_studies(search_filters={"PatientID": first.PatientID})
    series = client.search_for_series(first.StudyInstanceUID)
    instances = client.search_for_instances(first.StudyInstanceUID, first.SeriesInstanceUID)
    whole = client.retrieve_study(first.StudyInstanceUID)
    one = client.retrieve_instance(first.StudyInstanceUID, first.SeriesInstanceUID, first.SOPInstanceUID)
    metadata = client.retrieve_series_metadata(first.StudyInstanceUID, first.SeriesInstanceUID)
    frames = client.retrieve_instance_frames(
        first.StudyInstanceUID,
        first.SeriesInstanceUID,
        first.SOPInstanceUID,
        [1],
        media_types=("application/octet-stream",),
    )

    assert len(answer.ReferencedSOPSequence) == 4
    assert screenings == [("finished", "refused")]
    # Four slices, and what says that they were refused: a report, a picture and a document.
    assert [study["00201208"]["Value"] for study in studies] == [[7]]
    assert sorted(one["00080060"]["Value"][0] for one in series) == ["CT", "DOC", "OT", "SR"]
    assert {i["00080018"]["Value"][0] for i in instances} == {str(ds.SOPInstanceUID) for ds in slices}
    images = [ds for ds in whole if ds.Modality == "CT"]
    assert len(whole) == 7
    assert sorted(images, key=lambda ds: ds.SOPInstanceUID) == sorted(slices, key=lambda ds: ds.SOPInstanceUID)
    assert one == first
    assert len(metadata) == 4
    assert "7FE00010" not in metadata[0]
    assert frames[0] == first.PixelData


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 1),
        ({"PatientID": "nobody"}, 0),
        ({"StudyDate": "20240101-20240103"}, 1),
        ({"StudyDate": "20240103-"}, 0),
        ({"AccessionNumber": "P0000*"}, 1),
        ({"ModalitiesInStudy": "MR"}, 0),
    ],
)
def test_a_search_gives_what_matches(
    station: RunningStation, slices: list[pydicom.Dataset], filters: dict[str, str], count: int
) -> None:
    client = client_of(station)
    client.store_instances(slices[:1])

    assert len(client.search_for_studies(search_filters=filters)) == count


def test_another_class_is_not_stored_and_the_answer_says_which(
    station: RunningStation, slices: list[pydicom.Dataset]
) -> None:
    slices[1].SOPClassUID = slices[1].file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    answer = client_of(station).store_instances(slices[:2])

    assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [slices[0].SOPInstanceUID]
    assert [item.FailureReason for item in answer.FailedSOPSequence] == [0x0122]
    assert station.rows("select count(*) from instances") == [(1,)]


def test_what_is_not_held_is_not_found(station: RunningStation) -> None:
    with pytest.raises(HTTPError, match="404"):
        client_of(station).retrieve_study("1.2.3")


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n\r\nnoise", b"--b\r\nContent-Type: application/dicom\r\n\r\nxx\r\n--b--"]
)
def test_a_malformed_body_is_refused_and_the_station_goes_on(station: RunningStation, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", station.http_port, timeout=30)
    connection.request(
        "POST", "/dicom-web/studies", body, {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    )
    status = connection.getresponse().status
    connection.close()

    assert status in {400, 409}
    assert station.get("/health/live")[0] == 200
    assert station.rows("select sum(count) from rejections") == [(1,)]
