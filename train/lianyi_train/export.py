"""Weights to ONNX, and a check that the file gives what PyTorch gave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import torch
from onnx import helper, numpy_helper
from torch import nn

TOLERANCE = 2e-3
"""Greatest difference of any output, in its own unit, float32 against float32."""
HALF_TOLERANCE = 0.05
"""The same with kernels stored as float16."""


def export_proposals(network: nn.Module, file: Path) -> None:
    """Write ``propose.onnx``: ``image`` (1, 2, K, J, I), multiples of 8, to ``cells`` (1, 5, K/4, J/4, I/4)."""
    example = torch.zeros(1, 2, 32, 48, 64)
    dims = {axis: 8 * torch.export.Dim(name, min=2, max=128) for axis, name in ((2, "k"), (3, "j"), (4, "i"))}
    torch.onnx.export(
        network.eval().to(memory_format=torch.contiguous_format),
        (example,),
        str(file),
        input_names=["image"],
        output_names=["cells"],
        dynamic_shapes=(dims,),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _check(network, file, torch.randn(1, 2, 48, 32, 56))
    store_as_half(file)
    _check(network, file, torch.randn(1, 2, 48, 32, 56), tolerance=HALF_TOLERANCE)


def export_refinement(network: nn.Module, file: Path) -> None:
    """Write ``refine.onnx``: ``cubes`` (N, 2, 32, 32, 32) to nodule, density, mask, suspicion, offset."""
    torch.onnx.export(
        network.eval().to(memory_format=torch.contiguous_format),
        (torch.zeros(4, 2, 32, 32, 32),),
        str(file),
        input_names=["cubes"],
        output_names=["nodule", "density", "mask", "suspicion", "offset"],
        dynamic_shapes=({0: torch.export.Dim("n", min=1, max=256)},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _check(network, file, torch.randn(3, 2, 32, 32, 32))
    store_as_half(file)
    _check(network, file, torch.randn(3, 2, 32, 32, 32), tolerance=HALF_TOLERANCE)


def store_as_half(file: Path) -> None:
    """Store the kernels as float16, to be widened as they are read: half the bytes, computed as before.

    Rounding changes a kernel by at most one part in two thousand.
    """
    model = onnx.load(str(file))
    graph = model.graph
    casts = []
    for kernel in graph.initializer:
        if kernel.data_type != onnx.TensorProto.FLOAT or len(kernel.dims) < 2:
            continue
        name = kernel.name
        half = numpy_helper.from_array(numpy_helper.to_array(kernel).astype(np.float16), f"{name}_half")
        kernel.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
    onnx.save(model, str(file))


@torch.no_grad()
def _check(network: nn.Module, file: Path, example: torch.Tensor, *, tolerance: float = TOLERANCE) -> None:
    """Compare the file with PyTorch, both in float32.

    Raises:
        ValueError: the file gives something else.
    """
    onnx.checker.check_model(str(file))
    expected = network(example)
    expected = expected if isinstance(expected, tuple) else (expected,)
    compiled = ov.Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled([example.numpy()])
    for number, wanted in enumerate(expected):
        off = float(np.abs(found[number] - wanted.numpy()).max())
        if off > tolerance:
            raise ValueError(f"{file.name}: output {number} differs by {off:.4f}, more than {tolerance}")


def load_mean(file: Path, network: nn.Module) -> nn.Module:
    """Give the network with the weights of a finished run, or the running mean of one under way."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    network.load_state_dict(state.get("mean", state))
    return network.eval()
