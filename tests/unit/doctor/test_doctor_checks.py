"""The doctor notices what keeps a machine from screening, and says what to do."""

from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from lianyi.doctor import checks
from lianyi.lungct.detect import RuntimeUnavailable
from tiny_networks import write_weights


def test_a_folder_that_is_not_there_is_unfit(tmp_path: Path) -> None:
    check = checks.check_folder("output folder", tmp_path / "absent", zh="输出文件夹")

    assert not check.is_fit
    assert "不可写" in check.zh
    assert "cannot be written" in check.en


def test_a_full_disk_is_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 -- stands in for shutil's own
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage(100, 99, 1))

    check = checks.check_folder("output folder", tmp_path, zh="输出文件夹")

    assert not check.is_fit
    assert "请清理磁盘" in check.zh


def test_a_writable_folder_is_fit_and_left_as_it_was(tmp_path: Path) -> None:
    check = checks.check_folder("output folder", tmp_path, zh="输出文件夹")

    assert check.is_fit
    assert list(tmp_path.iterdir()) == []


def test_little_memory_is_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**19}[name])

    check = checks.check_memory()

    assert not check.is_fit
    assert check.en == "memory 2.0 GiB, at least 4 is needed"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MODULES", ("numpy", "no_such_library"))

    check = checks.check_libraries()

    assert not check.is_fit
    assert "no_such_library" in check.zh
    assert "numpy" not in check.en


def test_a_decoder_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "decode_each", lambda: iter([("rle", None), ("htj2k", "RuntimeError: broken")]))

    check = checks.check_codecs()

    assert not check.is_fit
    assert "htj2k: RuntimeError: broken" in check.en
    assert "rle" not in check.en.split("again: ")[1]


def test_a_missing_font_is_unfit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("lianyi.lungct.report.fonts.font_file", lambda _weight: tmp_path / "absent" / "font.otf")

    check = checks.check_pdf()

    assert not check.is_fit
    assert "PDF" in check.zh


def test_one_processor_is_slow_and_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0})

    check = checks.check_processors()

    assert check.is_fit
    assert "slowly" in check.en


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation that ships weights; their folder."""
    folder = write_weights(tmp_path / "models")
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: folder)
    return folder


@pytest.mark.usefixtures("shipped")
def test_the_shipped_networks_are_run() -> None:
    check = checks.check_detector(None)

    assert check.is_fit, check.en
    assert "by-hand 1.2.3 (learned" in check.en


def test_a_changed_network_is_unfit_and_named(shipped: Path) -> None:
    (shipped / "propose.onnx").write_bytes(b"something else")

    check = checks.check_detector(None)

    assert not check.is_fit
    assert "propose.onnx 已被改动" in check.zh
    assert "propose.onnx was changed" in check.en


def test_a_network_that_is_no_network_is_unfit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tiny_networks.propose_onnx", lambda: b"no network")
    folder = write_weights(tmp_path / "models")
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: folder)

    check = checks.check_detector(None)

    assert not check.is_fit
    assert "install lianyi again" in check.en


@pytest.mark.usefixtures("shipped")
def test_a_runtime_that_does_not_load_is_unfit_although_screening_would_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **_others: Any) -> None:
        raise RuntimeUnavailable("OSError")

    monkeypatch.setattr("lianyi.kit.LearnedDetector", fail)

    check = checks.check_detector(None)

    assert not check.is_fit
    assert "OpenVINO (OSError)" in check.en
    assert checks.check_detector("classical").is_fit
