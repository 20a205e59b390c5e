"""The whole way round: a scanner's study comes in by C-STORE, and its first look is in the PACS, in the same study."""

import json
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from outbox_peers import Orthanc, orthanc_running
from running_station import run_station, storescu, wait_until

DESTINATIONS = """
[[destinations]]
name = "pacs"
kind = "dicom"
host = "127.0.0.1"
port = {dicom_port}
called_ae = "ORTHANC"
"""
RETURNED = {"SR", "SEG", "PR", "OT", "DOC"}


def found_by_qido(pacs: Orthanc, study_uid: str) -> Counter[str]:
    """Instances by modality that QIDO-RS finds in the study."""
    with httpx.Client(trust_env=False, auth=("lianyi", "secret"), timeout=30) as client:
        answer = client.get(f"{pacs.url}/dicom-web/studies/{study_uid}/series", params={"includefield": "all"})
        answer.raise_for_status()
        found: Counter[str] = Counter()
        for one in answer.json() if answer.content else []:
            found[one["00080060"]["Value"][0]] += int(one["00201209"]["Value"][0])
        return found


@pytest.mark.slow
@pytest.mark.shared_data
def test_a_study_that_is_sent_has_its_first_look_in_the_pacs(tmp_path: Path, shared_data: Path) -> None:
    slices = sorted((shared_data / "ct" / "LIDC-IDRI-0001").glob("*.dcm"))
    station_folder = tmp_path / "station"
    station_folder.mkdir()
    with orthanc_running(tmp_path / "orthanc", DicomAlwaysAllowStore=True) as pacs:
        rest = DESTINATIONS.format(dicom_port=pacs.dicom_port)
        with run_station(station_folder, rest=rest) as station:
            in_pacs = storescu(pacs.dicom_port, slices, "-xt", called="ORTHANC")
            assert in_pacs.returncode == 0, in_pacs.stderr
            sent = storescu(station.port, slices, "-xt")
            assert sent.returncode == 0, sent.stderr
            ended_s = time.monotonic()

            wait_until(
                lambda: station.rows("select 1 from deliveries where state = 'delivered'"), 300, station.log.read_text()
            )
            took_s = time.monotonic() - ended_s
            (study_uid,) = station.rows("select study_uid from studies")[0]
            found = found_by_qido(pacs, study_uid)
            objects = station.rows("select count(*) from result_objects")[0][0]
            findings = json.loads(next(station.data.glob("results/*/documents/findings.json")).read_text())

    print(f"\n{took_s:.1f} s from the end of the association to the last object in Orthanc: {dict(found)}")
    assert findings["outcome"] == "screened"
    assert found.pop("CT") == len(slices)
    assert set(found) == RETURNED
    assert sum(found.values()) == objects
