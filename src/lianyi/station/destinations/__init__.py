"""Where results go.  The seam to the outbox: these four names are all that the station knows of it.

This file holds the plainest of destinations, a folder; the outbox's own package takes its place with more kinds.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lianyi.lungct.domain.errors import LianyiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What one screening yields.

    Attributes:
        identity: stable over repeats: derived from inputs and version.
        documents: folder with findings.json, report.pdf, report.html.
        objects: DICOM files.
    """

    identity: str
    documents: Path
    objects: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a destination answered, in one sentence without patient data."""

    said: str


class NotDelivered(LianyiError):
    """A destination did not take the package.

    Attributes:
        is_final: trying again cannot help; a person must act.
    """

    def __init__(self, *, zh: str, en: str, is_final: bool = False) -> None:
        super().__init__(zh=zh, en=en)
        self.is_final = is_final


class FolderDestination(BaseModel):
    """A folder that something else reads, such as a network share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["folder"]
    name: str = Field(min_length=1)
    path: Path


Destination = FolderDestination


def deliver(package: Package, destination: Destination) -> Receipt:
    """Put the package where it belongs; doing so twice leaves it there once.

    Raises:
        NotDelivered: it could not be put there.
    """
    if not destination.path.is_dir():  # never made here: it may be a share that is not mounted
        raise NotDelivered(
            zh="目标文件夹不存在，无法写入；请检查网络共享是否已挂载。",
            en="the folder is not there, so it cannot be written into; is the share mounted?",
        )
    final = destination.path / package.identity
    if final.is_dir():
        return Receipt(said="was there already")
    partial = destination.path / f".{package.identity}.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(package.documents, partial / "documents")
        (partial / "objects").mkdir()
        for path in package.objects:
            shutil.copy2(path, partial / "objects" / path.name)
        os.rename(partial, final)  # noqa: PTH104 -- Path.rename says the same
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NotDelivered(
            zh=f"无法写入目标文件夹（{reason}），请检查网络共享、磁盘空间与权限。",
            en=f"the folder cannot be written into ({reason}); check the share, its space and permissions.",
        ) from None
    return Receipt(said="written")
