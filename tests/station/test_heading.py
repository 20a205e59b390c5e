"""An instance's heading from bytes: read where it can be, refused with a reason where not, and never anything else."""

import random
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lianyi.station.receive.heading import Malformed, read_heading


def dataset_of(path: Path) -> bytes:
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    return path.read_bytes()[144 + int(ds.file_meta.FileMetaInformationGroupLength) :]


def test_a_heading_names_where_the_instance_belongs(tiny_study: Path) -> None:
    path = min(tiny_study.iterdir())
    ds = pydicom.dcmread(path)
    heading = read_heading(dataset_of(path), ExplicitVRLittleEndian)

    assert heading.study_uid == ds.StudyInstanceUID
    assert heading.series_uid == ds.SeriesInstanceUID
    assert heading.sop_uid == ds.SOPInstanceUID
    assert heading.number == ds.InstanceNumber
    assert heading.study["00100020"]["Value"] == [ds.PatientID]


@pytest.mark.parametrize("seed", range(8))
def test_mutated_bytes_are_read_or_refused_and_nothing_else(tiny_study: Path, seed: int) -> None:
    whole = dataset_of(min(tiny_study.iterdir()))[:2500]
    chance = random.Random(seed)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randint(1, 40)]
                case _:
                    data[place:place] = chance.randbytes(chance.randint(1, 40))
        try:
            read_heading(bytes(data), chance.choice([ExplicitVRLittleEndian, ImplicitVRLittleEndian]))
        except Malformed:
            refused += 1

    assert refused > 0


def test_a_deflated_file_that_swells_is_read_no_further_than_its_beginning() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = deflate.compress(bytes(200_000_000)) + deflate.flush()

    with pytest.raises(Malformed):
        read_heading(bomb, "1.2.840.10008.1.2.1.99")
