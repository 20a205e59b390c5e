from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from dicom_series import write_zip
from lianyi.lungct.dicom import archives
from lianyi.lungct.dicom.sources import TooLarge, open_inputs
from lianyi.lungct.domain.errors import Refusal, RefusalCode


def names(*paths: Path) -> list[str]:
    with open_inputs(paths) as inputs:
        return sorted(source.path.name for source in inputs.sources)


def refused(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught, open_inputs([path]):
        pass
    return caught.value


def test_a_folder_is_walked_to_its_end_whatever_the_names(tmp_path: Path) -> None:
    for name in ("a", "b/c/d/IM 1", "b/影像/０１.xyz"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")

    assert names(tmp_path) == ["IM 1", "a", "０１.xyz"]


def test_a_loop_of_links_ends_and_no_file_counts_twice(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")

    with open_inputs([tmp_path, tmp_path / "a"]) as inputs:
        assert [source.path.name for source in inputs.sources] == ["a"]
        assert inputs.unreadable == ["nowhere"]


def test_a_pipe_in_the_folder_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with open_inputs([tmp_path]) as inputs:
        assert (inputs.sources, inputs.unreadable) == ([], ["pipe"])


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with open_inputs([tmp_path / "absent"]) as inputs:
        assert inputs.unreadable == ["absent"]


def test_an_archive_is_opened_where_it_is_given_or_anywhere_in_a_folder(tmp_path: Path) -> None:
    top = write_zip(tmp_path / "top.ZIP", [("x/1", b"one")])
    unnamed = write_zip(tmp_path / "export", [("2", b"two")])
    (tmp_path / "deep").mkdir()
    write_zip(tmp_path / "deep" / "inner.zip", [("3", b"three")])

    assert names(top) == ["1"]
    assert names(unnamed) == ["2"]
    assert names(tmp_path) == ["1", "3", "export"]


def test_an_unsafe_archive_deep_in_a_folder_is_named_and_one_at_its_top_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / "disc" / "viewer"
    deep.mkdir(parents=True)
    (tmp_path / "disc" / "good").write_bytes(b"x")
    write_zip(deep / "plugins.zip", [("more.zip", b"PK")])

    with open_inputs([tmp_path]) as inputs:
        assert [source.name for source in inputs.sources] == ["good"]
        assert inputs.unreadable == ["plugins.zip"]
    assert refused(write_zip(tmp_path / "top.zip", [("../a", b"x")])).code is RefusalCode.UNSAFE_ARCHIVE
    with pytest.raises(Refusal), open_inputs([tmp_path]):
        pass


def test_a_member_reads_as_its_bytes_under_the_archive_path(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("x/1", b"one" * 1000)])

    with open_inputs([path]) as inputs:
        (source,) = inputs.sources
        assert (source.read(), source.size, source.path) == (b"one" * 1000, 3000, path / "x" / "1")


def test_member_names_written_in_gbk_are_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("xxxx", b"1")])
    path.write_bytes(path.read_bytes().replace(b"xxxx", "胸片".encode("gbk")))

    assert names(path) == ["胸片"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "..\\x", "a/../../b", "a\\..\\..\\b"])
def test_a_member_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", [("good", b"1"), (name, b"2")])

    assert refused(path).code is RefusalCode.UNSAFE_ARCHIVE


def test_backslashes_that_stay_inside_are_folders(tmp_path: Path) -> None:
    assert names(write_zip(tmp_path / "a.zip", [("DICOM\\PA0\\IM1", b"1")])) == ["IM1"]


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert "symbolic link" in refused(tmp_path / "a.zip").en


def test_a_bomb_by_ratio_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("bomb", bytes(80 << 20))])

    assert "zip bomb" in refused(path).en


def test_a_bomb_by_count_or_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "a.zip", [(str(n), b"x" * 100) for n in range(5)])

    monkeypatch.setattr(archives, "MAX_MEMBERS", 4)
    assert "too many files" in refused(path).en
    monkeypatch.setattr(archives, "MAX_MEMBERS", 5)
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 499)
    assert "too large" in refused(path).en
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 99)
    assert "abnormally large" in refused(path).en


def _with_central_size(path: Path, size: int) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", size)
    path.write_bytes(data)


def test_a_member_that_lies_about_its_size_is_never_read_past_it(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("liar", bytes(20 << 20))])
    _with_central_size(path, 1000)

    with open_inputs([path]) as inputs, inputs.sources[0].open() as stream:
        pieces = []
        with pytest.raises(zipfile.BadZipFile):
            pieces.extend(iter(lambda: stream.read(100), b""))
        assert sum(map(len, pieces)) <= 1000


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a", b"x" * 50), ("b", b"y" * 50)])
    data = bytearray(path.read_bytes())
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = struct.pack("<L", 1)
    path.write_bytes(data)

    assert "overlapping" in refused(path).en


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a", b"x")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    assert "encrypted" in refused(path).en


def test_a_compression_other_than_deflate_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"x" * 100)

    assert "unsupported compression" in refused(tmp_path / "a.zip").en


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("more.ZIP", b"PK")])

    assert "another archive" in refused(path).en


def test_a_truncated_archive_is_unreadable_and_among_good_files_only_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [("a", b"x" * 1000)])
    path.write_bytes(path.read_bytes()[:60])
    (tmp_path / "good").write_bytes(b"x")

    assert refused(path).code is RefusalCode.UNREADABLE_SERIES
    with open_inputs([tmp_path]) as inputs:
        assert [source.name for source in inputs.sources] == ["good"]
        assert inputs.unreadable == ["a.zip"]


def test_a_file_beyond_all_limits_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "big").write_bytes(b"x" * 11)
    monkeypatch.setattr("lianyi.lungct.dicom.sources.MAX_MEMBER_BYTES", 10)

    with open_inputs([tmp_path]) as inputs, pytest.raises(TooLarge):
        inputs.sources[0].read()
