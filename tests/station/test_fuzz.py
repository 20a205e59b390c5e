"""Mutated instances by the thousand: one answer each, a reason for each rejection, and the node goes on, no larger."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import CTImageStorage
from pynetdicom import AE
from pynetdicom.association import Association

from running_station import RunningStation, run_station, storescu, wait_until

_PEAK_MB = 600
"""The station's largest resident set; about 160 MB without being fuzzed.  What it keeps must not add up."""


def mutated(whole: bytes, pixels_at: int, chance: random.Random) -> bytes:
    """Spoil the header, the pixels or the length of a dataset."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 8)):
        first, last = (0, min(pixels_at, len(data))) if chance.random() < 0.7 else (0, len(data))
        place = chance.randrange(first, max(last, first + 1))
        match chance.randrange(30) // 7:
            case 0:
                data[place : place + 1] = chance.randbytes(1)
            case 1:
                del data[place : place + chance.randint(1, 60)]
            case 2:
                data[place:place] = chance.randbytes(chance.randint(1, 60))
            case 3:  # a length, or what is taken for one
                data[place : place + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\x7f", b"\0\0\0\0"])
            case _:  # two in thirty: what is cut off says little of the rest
                del data[chance.randrange(len(data) + 1) :]
        if not data:
            return b"\0"
    return bytes(data)


@contextmanager
def open_association(port: int) -> Iterator[Association]:
    ae = AE("SCANNER")
    ae.add_requested_context(CTImageStorage)
    association = ae.associate("127.0.0.1", port, ae_title="LIANYI")
    assert association.is_established
    yield association
    association.release()


def peak_mb(station: RunningStation) -> float:
    status = Path(f"/proc/{station.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_mutated_instances_are_kept_or_refused_with_a_reason(tmp_path: Path, tiny_study: Path, count: int) -> None:
    path = min(tiny_study.iterdir())
    ds = pydicom.dcmread(path)
    whole = path.read_bytes()[144 + int(ds.file_meta.FileMetaInformationGroupLength) :]
    pixels_at = whole.rindex(ds.PixelData[:64])
    sop_uid = ds.SOPInstanceUID
    chance = random.Random(count)
    answers: Counter[int] = Counter()
    with run_station(tmp_path) as station, pytest.MonkeyPatch.context() as patch:
        data = b""
        patch.setattr("pynetdicom.association.encode", lambda *_, **__: data)
        for first in range(0, count, 100):
            with open_association(station.port) as association:
                for number in range(first, first + 100):
                    # A UID of the same length each, so that what is still whole is a new instance.
                    ds.SOPInstanceUID = f"{sop_uid[:-6]}{100_000 + number}"
                    data = mutated(whole.replace(sop_uid.encode(), ds.SOPInstanceUID.encode()), pixels_at, chance)
                    answers[int(association.send_c_store(ds).Status)] += 1
        kept = station.rows("select count(*) from instances")[0][0]
        refused = station.rows("select coalesce(sum(count), 0) from rejections")[0][0]
        reasons = station.rows("select reason, sum(count) from rejections group by reason order by 2 desc")
        logged = len(station.events("instance not kept"))
        largest_mb = peak_mb(station)
        ready = station.get("/health/ready")[0]
        wait_until(lambda: station.rows("select count(*) from studies where is_changed") == [(0,)], 300)
        whole_again = storescu(station.port, [path])

    said = f"{count} mutated: {dict(answers)}; {kept} kept, {refused} refused; peak {largest_mb:.0f} MB; {reasons}"
    print(f"\n{said}")  # noqa: T201 -- the figures are what the test is for
    assert sum(answers.values()) == count
    assert kept == answers[0x0000]
    assert refused == logged == count - kept
    assert 0 < kept < count
    assert ready == 200
    assert largest_mb < _PEAK_MB
    assert whole_again.returncode == 0
