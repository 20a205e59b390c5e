"""A folder: all at once or nothing, and once only."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lianyi.station.destinations import FolderDestination, NotDelivered, Package, deliver


def to_folder(path: Path) -> FolderDestination:
    return FolderDestination(name="share", kind="folder", path=path)


def test_documents_and_objects_arrive_once_however_often_they_are_sent(package: Package, tmp_path: Path) -> None:
    receipts = [deliver(package, to_folder(tmp_path)) for _ in range(3)]

    (folder,) = tmp_path.iterdir()
    assert {receipt.reference for receipt in receipts} == {folder.name}
    sent = (package.documents / "findings.json").read_bytes()
    assert (folder / "documents" / "findings.json").read_bytes() == sent
    assert sorted(one.read_bytes() for one in (folder / "dicom").iterdir()) == sorted(
        one.read_bytes() for one in package.objects
    )


def test_another_screening_has_a_folder_of_its_own(package: Package, tmp_path: Path) -> None:
    deliver(package, to_folder(tmp_path))
    deliver(replace(package, identity="another"), to_folder(tmp_path))

    assert len(list(tmp_path.iterdir())) == 2


def test_a_copy_that_breaks_leaves_nothing_and_is_tried_again(package: Package, tmp_path: Path) -> None:
    broken = replace(package, objects=(*package.objects, tmp_path / "absent.dcm"))
    share = tmp_path / "share"
    share.mkdir()

    with pytest.raises(NotDelivered) as error:
        deliver(broken, to_folder(share))

    assert list(share.iterdir()) == []
    assert not error.value.is_final


def test_what_a_killed_attempt_left_is_cleared_by_the_next(package: Package, tmp_path: Path) -> None:
    name = deliver(package, to_folder(tmp_path)).reference
    shutil.move(tmp_path / name, tmp_path / f".{name}.abc")

    deliver(package, to_folder(tmp_path))

    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_share_that_is_not_mounted_is_not_made(package: Package, tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match="ENOENT"):
        deliver(package, to_folder(tmp_path / "mnt" / "share"))

    assert not (tmp_path / "mnt").exists()
