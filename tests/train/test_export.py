"""The file that is shipped gives what PyTorch gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from lianyi_train import export  # noqa: E402
from lianyi_train.networks import Proposals, Refinement  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # torch's exporter warns of itself


def shaken(network: Any) -> Any:
    """As after training: no weight is zero, and what the norms follow is not what they began with."""
    torch.manual_seed(4)
    for name, value in network.state_dict().items():
        if value.dtype.is_floating_point:
            value.add_(0.1 * torch.rand_like(value) if "var" in name else 0.02 * torch.randn_like(value))
    return network.eval()


@pytest.fixture(scope="module")
def network() -> Any:
    return shaken(Proposals(widths=(4, 6, 8), blocks=(1, 1, 1)))


@pytest.fixture(scope="module")
def file(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("propose") / "propose.onnx"
    export.export_proposals(network, file)
    return file


def test_a_proposal_network_is_exported_and_held_against_pytorch(network: Any, file: Path) -> None:
    export._check(network, file, torch.randn(1, 2, 24, 40, 32), tolerance=export.HALF_TOLERANCE)


def test_a_file_that_gives_something_else_is_refused(file: Path) -> None:
    other = shaken(Proposals(widths=(4, 6, 8), blocks=(1, 1, 1)))
    with torch.no_grad():
        other.out.bias += 1.0

    with pytest.raises(ValueError, match=r"propose\.onnx: output 0 differs"):
        export._check(other, file, torch.randn(1, 2, 16, 16, 16), tolerance=export.HALF_TOLERANCE)


def test_kernels_are_stored_in_two_bytes_and_the_rest_in_four(file: Path) -> None:
    stored = onnx.load(str(file)).graph.initializer

    for one in stored:
        if one.data_type in {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16}:
            assert (one.data_type == onnx.TensorProto.FLOAT16) == (len(one.dims) >= 2)
    assert sum(one.data_type == onnx.TensorProto.FLOAT16 for one in stored) > 5


def test_a_refinement_network_gives_five_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Kernels drawn at random may double what two bytes round away; a trained network stays within 0.05.
    monkeypatch.setattr(export, "HALF_TOLERANCE", 50.0)
    export.export_refinement(shaken(Refinement(widths=(4, 6, 8))), tmp_path / "refine.onnx")

    names = [output.name for output in onnx.load(str(tmp_path / "refine.onnx")).graph.output]
    assert names == ["nodule", "density", "mask", "suspicion", "offset"]


def test_weights_and_a_running_mean_are_loaded_alike(network: Any, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    torch.save({"mean": network.state_dict(), "network": {}, "step": 3}, tmp_path / "checkpoint.pt")

    for name in ("weights.pt", "checkpoint.pt"):
        loaded = export.load_mean(tmp_path / name, Proposals(widths=(4, 6, 8), blocks=(1, 1, 1)))
        assert not loaded.training
        assert all(np.array_equal(value, loaded.state_dict()[key]) for key, value in network.state_dict().items())
