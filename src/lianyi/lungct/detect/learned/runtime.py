"""The door to OpenVINO: loaded late, silent, and told exactly what to compute in.

Importing ``openvino`` as it comes imports ``openvino_telemetry``, which writes an identifier into the user's home and
looks up a collecting host.  A hospital's computer must do neither, so that package is made unimportable first;
OpenVINO then takes the stub it keeps for this case.  A test holds that no connection is tried and nothing written.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from lianyi.lungct.domain.errors import Misconfigured

Floats = npt.NDArray[np.float32]
Precision = Literal["auto", "f32", "bf16"]
InUse = Literal["f32", "bf16"]


class RuntimeUnavailable(Exception):
    """This machine cannot load the runtime: a library is missing, broken, or made for another processor."""


@cache
def load_runtime() -> Any:  # noqa: ANN401 -- a module that may be absent
    """Import OpenVINO and make sure that it can compute on this processor.

    Raises:
        RuntimeUnavailable: it cannot.
    """
    sys.modules.setdefault("openvino_telemetry", cast("Any", None))  # None: importing it raises ModuleNotFoundError
    try:
        openvino = importlib.import_module("openvino")
        devices = openvino.Core().available_devices
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: its processor plug-in could not be loaded
        raise RuntimeUnavailable(type(error).__name__) from error
    if "CPU" not in devices:
        raise RuntimeUnavailable("no CPU device")
    return openvino


def choose_precision(asked: Precision) -> InUse:
    """Give the precision to compute in: bfloat16 where the processor multiplies in it, float32 elsewhere.

    Raises:
        Misconfigured: bfloat16 was asked for by name, and the processor has none.
        RuntimeUnavailable: as for :func:`load_runtime`.
    """
    if asked == "f32":
        return "f32"
    has_bf16 = "BF16" in load_runtime().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if asked == "bf16" and not has_bf16:
        raise Misconfigured(
            zh="这台机器的处理器不能以 bfloat16 计算；请把 LIANYI_PRECISION 设为 auto 或 f32。",
            en="This processor does not compute in bfloat16; set LIANYI_PRECISION to auto or f32.",
        )
    return "bf16" if has_bf16 else "f32"


def usable_processors() -> int:
    """Give how many processors this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to compute."""

    precision: InUse
    threads: int


class Network:
    """An ONNX network, compiled anew for each shape it is given: a tenth of a second, and the fastest code for it."""

    def __init__(self, onnx: bytes, manner: Manner) -> None:
        """Read the network.

        Raises:
            RuntimeUnavailable: as for :func:`load_runtime`.
        """
        self._openvino = load_runtime()
        self._model = self._openvino.Core().read_model(onnx)
        self._manner = manner

    def compile(self, shape: tuple[int, ...]) -> Compiled:
        """Compile for inputs of one shape; memory is given back with the last reference to the result."""
        openvino = self._openvino
        model = self._model.clone()
        model.reshape(list(shape))
        exact = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16}[self._manner.precision]
        compiled = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": exact,
                "INFERENCE_NUM_THREADS": self._manner.threads,
                "NUM_STREAMS": 1,
                "ENABLE_CPU_PINNING": False,  # other work of this computer shares these processors
            },
        )
        return Compiled(openvino, compiled)


class Compiled:
    """A network compiled for one shape."""

    def __init__(self, openvino: Any, compiled: Any) -> None:  # noqa: ANN401 -- its module may be absent
        self._openvino = openvino
        self._compiled = compiled
        self._request = compiled.create_infer_request()

    def __call__(self, batch: Floats) -> dict[str, Floats]:
        """Give the outputs by name, as arrays of their own."""
        given = self._openvino.Tensor(np.ascontiguousarray(batch, dtype=np.float32), shared_memory=True)
        answered = self._request.infer({0: given})
        return {
            name: np.array(answered[port], dtype=np.float32)
            for port in self._compiled.outputs
            for name in port.get_names()
        }
