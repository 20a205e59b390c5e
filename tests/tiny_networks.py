"""Two networks made by hand, whose answers can be foretold, in the place of the trained ones; and a manifest of them.

The first finds balls: how much brighter a ball of 10 mm is than twice the shell around it (a sheet has more of that),
where the middle of the bright matter lies, and how large a ball it would make.  The second does the same at one place.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 8
INNER_MM, SHELL_MM, REACH_MM = 5.0, (8.0, 14.0), 12.0
STRICT, BIAS = 12.0, 0.5


@cache
def propose_onnx() -> bytes:
    """Cells of 4 mm: logit, offset to the middle of the bright matter, log(diameter / 8 mm)."""
    kernels = numpy_helper.from_array(_kernels(28), "kernels")
    nodes = [
        *_bright("image"),
        helper.make_node("Conv", ["bright", "kernels"], ["seen"], strides=[4] * 3, pads=[12] * 6),
        helper.make_node("Split", ["seen", "parts"], ["contrast", "matter", "moments"], axis=1),
        *_logit("contrast"),
        helper.make_node("Add", ["matter", "tiny"], ["some"]),
        helper.make_node("Div", ["moments", "some"], ["offset"]),
        helper.make_node("Mul", ["some", "ball"], ["cubed"]),
        helper.make_node("Log", ["cubed"], ["thrice"]),
        helper.make_node("Mul", ["thrice", "third"], ["log_mm"]),
        helper.make_node("Sub", ["log_mm", "log_eight"], ["size"]),
        helper.make_node("Concat", ["logit", "offset", "size"], ["cells"], axis=1),
    ]
    constants = [
        kernels,
        *_numbers(tiny=1e-3, ball=6.0 / math.pi, third=1.0 / 3.0, log_eight=math.log(8.0)),
        *_shared_numbers(),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 2, "k", "j", "i"])
    cells = helper.make_tensor_value_info("cells", TensorProto.FLOAT, [1, 5, "a", "b", "c"])
    return _model(nodes, [image], [cells], constants)


@cache
def refine_onnx() -> bytes:
    """One cube: the same logit and offset; solid if bright; suspicion by contrast; the bright matter as mask."""
    kernels = numpy_helper.from_array(_kernels(32), "kernels")
    nodes = [
        *_bright("cubes"),
        helper.make_node("Conv", ["bright", "kernels"], ["seen"]),
        helper.make_node("Reshape", ["seen", "flat"], ["rows"]),
        helper.make_node("Split", ["rows", "parts"], ["contrast", "matter", "moments"], axis=1),
        *_logit("contrast"),
        helper.make_node("Reshape", ["logit", "one"], ["nodule"]),
        helper.make_node("Add", ["matter", "tiny"], ["some"]),
        helper.make_node("Div", ["moments", "some"], ["offset"]),
        helper.make_node("Mul", ["contrast", "classes"], ["density"]),
        helper.make_node("Mul", ["contrast", "four"], ["spread"]),
        helper.make_node("Add", ["spread", "unit"], ["rating"]),
        helper.make_node("Reshape", ["rating", "one"], ["suspicion"]),
        helper.make_node("Sub", ["bright", "half"], ["above"]),
        helper.make_node("Reshape", ["above", "cube"], ["mask"]),
    ]
    constants = [
        kernels,
        numpy_helper.from_array(np.array([-10.0, 0.0, 10.0], np.float32), "classes"),
        numpy_helper.from_array(np.array([-1, 5], np.int64), "flat"),
        numpy_helper.from_array(np.array([-1], np.int64), "one"),
        numpy_helper.from_array(np.array([-1, 32, 32, 32], np.int64), "cube"),
        *_numbers(tiny=1e-3, four=4.0, unit=1.0, half=0.5),
        *_shared_numbers(),
    ]
    cubes = helper.make_tensor_value_info("cubes", TensorProto.FLOAT, ["n", 2, 32, 32, 32])
    outputs = [
        helper.make_tensor_value_info("nodule", TensorProto.FLOAT, ["n"]),
        helper.make_tensor_value_info("density", TensorProto.FLOAT, ["n", 3]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", 32, 32, 32]),
        helper.make_tensor_value_info("suspicion", TensorProto.FLOAT, ["n"]),
        helper.make_tensor_value_info("offset", TensorProto.FLOAT, ["n", 3]),
    ]
    return _model(nodes, [cubes], outputs, constants)


def write_weights(folder: Path, *, with_refine: bool = True, **changes: Any) -> Path:
    """Write both networks and a manifest of them; *changes* replace parts of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {"propose": _write(folder / "propose.onnx", propose_onnx()), "refine": None}
    if with_refine:
        files["refine"] = _write(folder / "refine.onnx", refine_onnx())
    manifest = {**plain_manifest(), "files": files, **changes}
    if not with_refine:
        manifest["calibration"] = {**manifest["calibration"], "refine": 0.0}
        manifest["density_cuts"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return folder


def plain_manifest() -> dict[str, Any]:
    """A manifest without its files."""
    return {
        "schema": "lianyi.models/1",
        "name": "by-hand",
        "version": "1.2.3",
        "calibration": {
            "propose": 0.5,
            "refine": 0.75,
            "constant": -0.25,
            "population": {"zh": "球", "en": "balls"},
        },
        "density_cuts": [0.5, 1.2],
        "training_data": [{"name": "none", "licence": "none", "citation": "made by hand"}],
        "operating_points": {
            "sensitive": _point(0.2, 4.1),
            "balanced": _point(0.5, 1.04),
            "specific": _point(0.8, 0.26),
        },
        "sensitivity_source": {"zh": "手工球体", "en": "balls made by hand"},
    }


def _point(probability: float, false_marks_per_chest: float) -> dict[str, Any]:
    return {
        "probability": probability,
        "max_marks": 20,
        "false_marks_per_chest": false_marks_per_chest,
        "sensitivity": [
            {"from_mm": 3.0, "below_mm": 6.0, "found": 31, "total": 50},
            {"from_mm": 6.0, "below_mm": None, "found": 9, "total": 10},
        ],
    }


def _write(path: Path, content: bytes) -> dict[str, str]:
    path.write_bytes(content)
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "precision": "float32"}


def _kernels(size: int) -> np.ndarray:
    """Contrast of a ball against its shell, amount of bright matter, and its three first moments."""
    axis = np.arange(size) - (size - 1) / 2.0
    k, j, i = np.meshgrid(axis, axis, axis, indexing="ij")
    away_mm = np.sqrt(k**2 + j**2 + i**2)
    inner = away_mm < INNER_MM
    shell = (away_mm >= SHELL_MM[0]) & (away_mm < SHELL_MM[1])
    near = (away_mm < REACH_MM).astype(float)
    rows = [inner / inner.sum() - 2.0 * shell / shell.sum(), near, near * k, near * j, near * i]
    return np.stack(rows)[:, None].astype(np.float32)


def _bright(name: str) -> list[onnx.NodeProto]:
    """Map the first channel to 0 for lung and 1 for soft tissue."""
    return [
        helper.make_node("Split", [name, "channels"], ["grey", "scanned"], axis=1),
        helper.make_node("Mul", ["grey", "steep"], ["steeper"]),
        helper.make_node("Add", ["steeper", "lift"], ["lifted"]),
        helper.make_node("Clip", ["lifted", "zero", "top"], ["bright"]),
    ]


def _logit(contrast: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Sub", [contrast, "bias"], ["over"]),
        helper.make_node("Mul", ["over", "strict"], ["logit"]),
    ]


def _shared_numbers() -> list[onnx.TensorProto]:
    # Grey of lung (-860 HU) is -0.80, of soft tissue (30 HU) 0.47.
    return [
        *_numbers(steep=1.0, lift=0.5, zero=0.0, top=1.0, bias=BIAS, strict=STRICT),
        numpy_helper.from_array(np.array([1, 1], np.int64), "channels"),
        numpy_helper.from_array(np.array([1, 1, 3], np.int64), "parts"),
    ]


def _numbers(**values: float) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in values.items()]


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto],
) -> bytes:
    graph = helper.make_graph(nodes, "by_hand", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model, full_check=True)
    written: bytes = model.SerializeToString()
    return written
