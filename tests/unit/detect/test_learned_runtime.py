"""The runtime is loaded without a word to anyone, and where it cannot be, that is said and not hidden."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lianyi.lungct.detect import RuntimeUnavailable
from lianyi.lungct.detect.learned import runtime
from lianyi.lungct.domain.errors import Misconfigured
from tiny_networks import write_weights

DETECT = """
import json, sys
asked = []
WATCHED = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "subprocess.Popen"}
sys.addaudithook(lambda event, _arguments: asked.append(event) if event in WATCHED else None)
from pathlib import Path
from lianyi.lungct.detect import LearnedDetector
from lianyi.lungct.models import read_weights
detector = LearnedDetector(read_weights(Path(sys.argv[1])))
sys.path.insert(0, sys.argv[2])
from learned_chest import chest
marks = detector.detect(*chest(((25.0, 22.0, 24.0), 5.0)))
telemetry = sys.modules.get("openvino_telemetry")
print(json.dumps({"asked": asked, "marks": len(marks), "telemetry": telemetry is not None}))
"""


@pytest.fixture(autouse=True)
def fresh_runtime() -> Any:
    """Load the runtime anew in each test, as in a process of its own."""
    runtime.load_runtime.cache_clear()
    yield
    runtime.load_runtime.cache_clear()


def test_a_detection_asks_no_network_and_writes_nothing_at_home(tmp_path: Path) -> None:
    write_weights(tmp_path / "weights")
    (tmp_path / "home").mkdir()
    tests = Path(__file__).resolve().parents[2]

    ended = subprocess.run(
        [sys.executable, "-c", DETECT, str(tmp_path / "weights"), str(tests)],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")},
    )

    said = json.loads(ended.stdout)
    assert said["marks"] > 0
    assert said["asked"] == []
    assert not said["telemetry"]
    assert list((tmp_path / "home").iterdir()) == []


def test_a_library_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(RuntimeUnavailable, match="ModuleNotFoundError"):
        runtime.load_runtime()


@pytest.mark.parametrize("error", [OSError("wrong ELF class"), RuntimeError("no plug-in")])
def test_a_library_that_does_not_load_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(runtime.importlib, "import_module", fail)

    with pytest.raises(RuntimeUnavailable, match=type(error).__name__):
        runtime.load_runtime()


class Processor:
    """Stands in for OpenVINO's view of a processor."""

    def __init__(self, *capabilities: str, devices: tuple[str, ...] = ("CPU",)) -> None:
        self.capabilities, self.available_devices = capabilities, devices

    def Core(self) -> Processor:  # noqa: N802 -- OpenVINO's name
        return self

    def get_property(self, _device: str, _name: str) -> tuple[str, ...]:
        return self.capabilities


def test_a_processor_that_the_runtime_does_not_serve_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.importlib, "import_module", lambda _name: Processor(devices=("GPU",)))

    with pytest.raises(RuntimeUnavailable, match="CPU"):
        runtime.load_runtime()


@pytest.mark.parametrize(
    ("capabilities", "asked", "in_use"),
    [
        (("FP32", "BF16"), "auto", "bf16"),
        (("FP32", "BF16"), "bf16", "bf16"),
        (("FP32", "BF16"), "f32", "f32"),
        (("FP32",), "auto", "f32"),
        (("FP32",), "f32", "f32"),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: tuple[str, ...], asked: runtime.Precision, in_use: str
) -> None:
    monkeypatch.setattr(runtime, "load_runtime", lambda: Processor(*capabilities))

    assert runtime.choose_precision(asked) == in_use


def test_bfloat16_is_never_emulated_when_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "load_runtime", lambda: Processor("FP32"))

    with pytest.raises(Misconfigured, match="LIANYI_PRECISION"):
        runtime.choose_precision("bf16")
