"""What a screening yields in DICOM: a row for each object, held and found with the study it belongs to."""

import shutil
from pathlib import Path

import pydicom
from pydicom.uid import SecondaryCaptureImageStorage, generate_uid
from sqlalchemy import select

from lianyi.station.clock import now
from lianyi.station.database import ResultObject, Screening, ScreeningState, Sessions, Study, migrate, open_engine
from lianyi.station.screening.work import _add_objects
from lianyi.station.web.holdings import Holdings


def test_the_same_objects_of_two_screenings_are_rows_of_both_and_held_once(
    database: str, tmp_path: Path, tiny_study: Path
) -> None:
    ds = pydicom.dcmread(min(tiny_study.iterdir()))
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    results = [tmp_path / "results" / name for name in ("1", "2")]
    (results[0] / "objects").mkdir(parents=True)
    ds.save_as(results[0] / "objects" / "sc.dcm")
    shutil.copytree(results[0], results[1])
    engine = open_engine(database)
    migrate(engine)
    sessions = Sessions(engine)
    with sessions.write() as session:
        study = Study(
            study_uid=ds.StudyInstanceUID, first_received_at=now(), last_received_at=now(), is_changed=False, header={}
        )
        session.add(study)
        session.flush()
        for number in (1, 2):
            session.add(
                Screening(
                    id=number,
                    study_id=study.id,
                    identity=str(number),
                    instances=1,
                    last_instance_id=1,
                    state=ScreeningState.FINISHED,
                    priority=100,
                    queued_at=now(),
                )
            )
            session.flush()
            for _ in range(2):  # the job may have been cut off before its row was written
                _add_objects(session, number, results[number - 1], tmp_path)
                session.flush()
    with sessions.read() as session:
        rows = [(row.screening_id, row.sop_uid) for row in session.scalars(select(ResultObject))]
    held = Holdings(sessions, tmp_path).find(ds.StudyInstanceUID)
    engine.dispose()

    assert sorted(rows) == [(1, ds.SOPInstanceUID), (2, ds.SOPInstanceUID)]
    assert [(one.sop_uid, one.sop_class_uid) for one in held] == [(ds.SOPInstanceUID, SecondaryCaptureImageStorage)]
    assert held[0].series["0020000E"]["Value"] == [ds.SeriesInstanceUID]
    assert pydicom.dcmread(held[0].path) == ds
