"""The node with real senders: what is kept, what is not, and that each of it is told."""

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import (
    CTImageStorage,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from running_station import RunningStation, need, run_station, start_station, storescu, wait_until, write_config

REJECTIONS = "select peer, reason, count from rejections"


@pytest.fixture
def slices(tiny_study: Path) -> list[Path]:
    return sorted(tiny_study.iterdir())


def changed(source: Path, target: Path, change: Callable[[pydicom.Dataset], object]) -> Path:
    ds = pydicom.dcmread(source)
    change(ds)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.save_as(target)
    return target


def test_what_is_kept_is_what_was_sent(station: RunningStation, slices: list[Path]) -> None:
    storescu(station.port, slices[:2])
    kept = [station.data / row[0] for row in station.rows("select path from instances order by number")]
    sent = sorted((pydicom.dcmread(path) for path in slices[:2]), key=lambda ds: int(ds.InstanceNumber))

    assert [pydicom.dcmread(path) for path in kept] == sent
    assert [path.stat().st_size for path in kept] == [r[0] for r in station.rows("select size_bytes from instances")]


def test_the_same_slices_again_are_kept_once(station: RunningStation, slices: list[Path]) -> None:
    for _ in range(3):
        assert storescu(station.port, slices[:3]).returncode == 0
    station.wait_for_screenings(1)
    wait_until(lambda: len(station.events("association ended")) == 3)

    assert station.rows("select count(*) from instances") == [(3,)]
    assert station.rows("select count(*) from screenings") == [(1,)]
    assert [(e["new"], e["same"]) for e in station.events("association ended")] == [(3, 0), (0, 3), (0, 3)]
    assert len(list(station.data.glob("studies/*/*/*.dcm"))) == 3


def test_other_content_under_a_known_uid_leaves_the_first_and_warns(
    station: RunningStation, slices: list[Path], tmp_path: Path
) -> None:
    other = changed(slices[0], tmp_path / "other.dcm", lambda ds: setattr(ds, "PatientName", "Else^Someone"))
    storescu(station.port, slices[:1])
    sent = storescu(station.port, [other], "-v")

    assert "Warning" in sent.stderr + sent.stdout
    kept = station.data / station.rows("select path from instances")[0][0]
    assert pydicom.dcmread(kept).PatientName == pydicom.dcmread(slices[0]).PatientName
    assert station.rows(REJECTIONS) == [("SCANNER", "other content under a known UID; the first is kept", 1)]


def test_late_slices_supersede_the_first_result(station: RunningStation, slices: list[Path]) -> None:
    storescu(station.port, slices[:3])
    station.wait_for_screenings(1)
    storescu(station.port, slices[3:5])
    station.wait_for_screenings(2)

    rows = station.rows("select instances, is_superseded, state from screenings order by id")
    assert rows == [(3, 1, "finished"), (5, 0, "finished")]


def test_another_class_is_accepted_and_discarded(station: RunningStation, slices: list[Path], tmp_path: Path) -> None:
    capture = changed(
        slices[0], tmp_path / "sc.dcm", lambda ds: setattr(ds, "SOPClassUID", SecondaryCaptureImageStorage)
    )
    sent = storescu(station.port, [capture], "-R")

    assert sent.returncode == 0
    assert station.rows("select count(*) from instances") == [(0,)]
    assert station.rows(REJECTIONS) == [("SCANNER", "another class: accepted and discarded", 1)]


def test_a_peer_may_be_set_so_that_other_classes_are_refused(tmp_path: Path, slices: list[Path]) -> None:
    rest = '[[peers]]\nae_title = "SCANNER"\nhost = "127.0.0.1"\nother_classes = "refuse"'
    capture = changed(
        slices[0], tmp_path / "sc.dcm", lambda ds: setattr(ds, "SOPClassUID", SecondaryCaptureImageStorage)
    )
    with run_station(tmp_path, rest=rest) as station:
        sent = storescu(station.port, [capture], "-R")

        assert "No Acceptable Presentation Contexts" in sent.stderr
        assert station.rows(REJECTIONS) == []


@pytest.mark.parametrize(
    ("peer", "title", "called", "reason"),
    [
        ('ae_title = "SCANNER"', "STRANGER", "LIANYI", "unknown AE title"),
        ('ae_title = "SCANNER"', "SCANNER", "ANOTHER", "called another AE title than ours"),
        ('ae_title = "SCANNER"\nhost = "192.0.2.7"', "SCANNER", "LIANYI", "known AE title from another host"),
        ('ae_title = "SCANNER"\ntls = "server"', "SCANNER", "LIANYI", "must use TLS and did not"),
    ],
)
def test_who_may_not_send_is_refused_with_the_reason_logged(  # noqa: PLR0917 -- parametrized
    tmp_path: Path, slices: list[Path], peer: str, title: str, called: str, reason: str
) -> None:
    dicom = 'unknown_peers = "refuse"'
    with run_station(tmp_path, dicom=dicom, rest=f"[[peers]]\n{peer}") as station:
        sent = storescu(station.port, slices[:1], title=title, called=called)

        assert sent.returncode != 0
        assert "Rejected" in sent.stderr
        assert [e["reason"] for e in station.events("association refused")] == [reason]
        assert station.rows(REJECTIONS) == [(title, reason, 1)]
        assert station.rows("select count(*) from instances") == [(0,)]


def test_more_associations_than_allowed_are_rejected(tmp_path: Path) -> None:
    with run_station(tmp_path, dicom="max_associations = 2") as station:
        ae = AE("SCANNER")
        ae.add_requested_context(CTImageStorage)
        opened = [ae.associate("127.0.0.1", station.port, ae_title="LIANYI") for _ in range(3)]

        assert [one.is_established for one in opened] == [True, True, False]
        assert opened[2].is_rejected
        for one in opened[:2]:
            one.release()


def test_storage_commitment_is_not_promised(station: RunningStation) -> None:
    ae = AE("SCANNER")
    ae.add_requested_context(StorageCommitmentPushModel)
    association = ae.associate("127.0.0.1", station.port, ae_title="LIANYI")

    assert not association.is_established


def test_lossy_images_are_not_negotiated(station: RunningStation) -> None:
    ae = AE("SCANNER")
    ae.add_requested_context(CTImageStorage, [JPEGBaseline8Bit])
    ae.add_requested_context(CTImageStorage, [JPEGLSLossless])
    association = ae.associate("127.0.0.1", station.port, ae_title="LIANYI")

    assert [cx.transfer_syntax for cx in association.accepted_contexts] == [[JPEGLSLossless]]
    association.release()


def send_raw(station: RunningStation, ds: pydicom.Dataset, *, data: bytes | None = None) -> int:
    """Send one dataset, its bytes spoilt if wanted; give the status."""
    ae = AE("SCANNER")
    ae.add_requested_context(CTImageStorage)
    association = ae.associate("127.0.0.1", station.port, ae_title="LIANYI")
    assert association.is_established
    with pytest.MonkeyPatch.context() as patch:
        if data is not None:
            patch.setattr("pynetdicom.association.encode", lambda *_, **__: data)
        status = association.send_c_store(ds)
    association.release()
    return int(status.Status)


def without_meta(path: Path) -> bytes:
    """The dataset's bytes as they stand in the file, after its header."""
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    data = path.read_bytes()
    return data[144 + int(ds.file_meta.FileMetaInformationGroupLength) :]


@pytest.mark.parametrize("what", ["noise", "cut off", "no study", "uid of words", "other instance"])
def test_a_malformed_instance_is_refused_with_a_reason_and_the_next_is_kept(
    station: RunningStation, slices: list[Path], what: str
) -> None:
    ds = pydicom.dcmread(slices[0])
    data: bytes | None = None
    if what == "noise":
        data = random.Random(1).randbytes(5000)
    elif what == "cut off":
        data = without_meta(slices[0])[:300]
    elif what == "no study":
        del ds.StudyInstanceUID
    elif what == "uid of words":
        data = without_meta(slices[0]).replace(ds.StudyInstanceUID.encode(), b"x" * len(ds.StudyInstanceUID))
    else:
        data = without_meta(slices[1])
    status = send_raw(station, ds, data=data)

    assert status in {0xC000, 0xA900}
    assert len(station.rows(REJECTIONS)) == 1
    assert station.rows("select count(*) from instances") == [(0,)]
    assert list((station.data / "incoming").iterdir()) == []
    assert storescu(station.port, slices[:1]).returncode == 0
    assert station.rows("select count(*) from instances") == [(1,)]


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, slices: list[Path]) -> None:
    free_mb = shutil.disk_usage(tmp_path).free // 1_000_000
    with run_station(tmp_path) as station:
        pass
    config = (tmp_path / "station.toml").read_text().replace("low_mb = 1", f"low_mb = {free_mb * 2}")
    (tmp_path / "station.toml").write_text(config)
    station = start_station(tmp_path)
    status = send_raw(station, pydicom.dcmread(slices[0]))
    ready = station.get("/health/ready")
    assert station.stop() == 0

    assert status == 0xA700
    assert ready[0] == 503
    assert station.rows(REJECTIONS) == [("SCANNER", "the disk is nearly full", 1)]
    assert station.rows("select count(*) from instances") == [(0,)]


def test_a_half_sent_association_keeps_what_came_and_waits_for_the_rest(
    station: RunningStation, slices: list[Path]
) -> None:
    ae = AE("SCANNER")
    ae.add_requested_context(CTImageStorage)
    association = ae.associate("127.0.0.1", station.port, ae_title="LIANYI")
    for path in slices[:3]:
        association.send_c_store(pydicom.dcmread(path))
    association.abort()
    wait_until(lambda: station.events("association ended"))
    assert station.rows("select count(*) from screenings") == [(0,)]  # not after settle_s, but after quiet_s
    storescu(station.port, slices[:5])
    station.wait_for_screenings(1)

    assert station.events("association ended")[0]["as_it_should"] is False
    assert station.rows("select instances from screenings") == [(5,)]


def test_an_association_of_noise_does_no_harm(station: RunningStation, slices: list[Path]) -> None:
    noise = random.Random(3)
    for size in (1, 6, 74, 500, 70_000):
        with socket.create_connection(("127.0.0.1", station.port)) as connection:
            connection.sendall(noise.randbytes(size))
    assert storescu(station.port, slices[:1]).returncode == 0

    assert station.rows("select count(*) from instances") == [(1,)]


def test_connections_that_ask_for_nothing_take_no_place(tmp_path: Path, slices: list[Path]) -> None:
    """A monitor connects and hangs up, every second and from several places."""
    with run_station(tmp_path, dicom="max_associations = 2") as station:
        for _ in range(40):
            socket.create_connection(("127.0.0.1", station.port)).close()
        wait_until(lambda: "lianyi_associations 0.0" in station.get("/metrics")[1], 5, "their places are still taken")

        assert storescu(station.port, slices[:1]).returncode == 0


def test_each_readable_transfer_syntax_is_kept_as_it_comes(
    station: RunningStation, slices: list[Path], tmp_path: Path
) -> None:
    coded = tmp_path / "coded.dcm"
    subprocess.run([need("dcmcjpls"), str(slices[0]), str(coded)], check=True)
    sent = storescu(station.port, [coded], "-xt")

    assert sent.returncode == 0, sent.stderr
    assert station.rows("select transfer_syntax_uid from instances") == [(JPEGLSLossless,)]


def test_a_heading_in_chinese_is_kept_in_utf_8(station: RunningStation, slices: list[Path], tmp_path: Path) -> None:
    def rename(ds: pydicom.Dataset) -> None:
        ds.SpecificCharacterSet = "GB18030"
        ds.PatientName = "王^小明"
        ds.SOPInstanceUID = generate_uid()

    storescu(station.port, [changed(slices[0], tmp_path / "zh.dcm", rename)])

    assert "王^小明" in str(station.rows("select header from studies")[0][0].encode().decode("unicode_escape"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
def test_a_disk_that_fills_up_loses_nothing_and_goes_on_when_there_is_room(tmp_path: Path, slices: list[Path]) -> None:
    """A real file system of 30 MB; the watermark lies at 10 MB, and a file of the tester's takes the room."""
    data = tmp_path / "data"
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", data], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        write_config(tmp_path)
        config = (tmp_path / "station.toml").read_text().replace("low_mb = 1", "low_mb = 10")
        (tmp_path / "station.toml").write_text(config)
        station = start_station(tmp_path)
        try:
            filler = data / "filler"
            before = storescu(station.port, slices[:2]).returncode
            filler.write_bytes(bytes(shutil.disk_usage(data).free - 9_000_000))
            while_full = send_raw(station, pydicom.dcmread(slices[2]))
            health = station.get("/health/ready")[0], station.get("/health/live")[0]
            filler.unlink()
            after = storescu(station.port, slices[:3]).returncode
            kept = station.rows("select count(*) from instances")
        finally:
            assert station.stop() == 0
    finally:
        subprocess.run(["umount", data], check=True)

    assert (before, while_full, after) == (0, 0xA700, 0)
    assert health == (503, 200)
    assert kept == [(3,)]
