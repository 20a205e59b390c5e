"""Weights in memory, each file checked against the manifest's hash: a changed file is refused, never used or replaced.

The bytes that were hashed are the bytes that are compiled, so nothing can be exchanged in between.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.models.manifest import Manifest, NetworkFile

MANIFEST = "manifest.json"
_SHA_TOLD = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Weights:
    """Networks as ONNX, and what their manifest says.

    Attributes:
        manifest: checked.
        propose: of the network that looks everywhere.
        refine: of the network that looks again at the best places; None where there is none.
    """

    manifest: Manifest
    propose: bytes
    refine: bytes | None

    @property
    def sha256(self) -> str:
        """Hash of all that decides a probability: the hashes of the files, and the calibration."""
        files, calibration = self.manifest.files, self.manifest.calibration
        rule = {
            "propose": files.propose.sha256,
            "refine": files.refine.sha256 if files.refine else None,
            "calibration": [calibration.propose, calibration.refine, calibration.constant],
            "density_cuts": self.manifest.density_cuts,
        }
        return hashlib.sha256(json.dumps(rule, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def shipped_weights() -> Weights | None:
    """Give the weights of this installation; None when it was built without any.

    Raises:
        Misconfigured: a file is missing, is not what the manifest says, or the manifest says nonsense.
    """
    folder = resources.files("lianyi.lungct.models")
    return read_weights(folder) if (folder / MANIFEST).is_file() else None


def read_weights(folder: Path | Traversable) -> Weights:
    """Read and check a folder that holds a manifest and its files.

    Raises:
        Misconfigured: as for :func:`shipped_weights`, or there is no manifest.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except OSError:
        raise _broken(f"缺少 {MANIFEST}", f"{MANIFEST} is missing or cannot be read") from None
    except ValidationError as error:
        where = ", ".join(".".join(str(part) for part in fault["loc"]) or fault["msg"] for fault in error.errors())
        raise _broken(f"{MANIFEST} 内容有误（{where}）", f"{MANIFEST} is wrong at {where}") from None
    refine = manifest.files.refine
    return Weights(
        manifest=manifest,
        propose=_read_checked(folder, manifest.files.propose),
        refine=None if refine is None else _read_checked(folder, refine),
    )


def _read_checked(folder: Path | Traversable, wanted: NetworkFile) -> bytes:
    try:
        content = (folder / wanted.file).read_bytes()
    except OSError:
        raise _broken(f"缺少 {wanted.file}", f"{wanted.file} is missing or cannot be read") from None
    found = hashlib.sha256(content).hexdigest()
    if found != wanted.sha256:
        raise _broken(
            f"{wanted.file} 已被改动（SHA-256 应为 {wanted.sha256[:_SHA_TOLD]}…，实为 {found[:_SHA_TOLD]}…）",
            f"{wanted.file} was changed (SHA-256 should begin {wanted.sha256[:_SHA_TOLD]}, begins {found[:_SHA_TOLD]})",
        )
    return content


def _broken(zh: str, en: str) -> Misconfigured:
    return Misconfigured(
        zh=f"检出器的权重不可用：{zh}。没有做任何初筛；请重新安装 lianyi。",
        en=f"The detector's weights cannot be used: {en}. Nothing was screened; install lianyi again.",
    )
