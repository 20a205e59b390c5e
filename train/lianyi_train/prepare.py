"""Bring shared/data into the cache once: flat arrays that every worker maps instead of copying.

The cache is no part of the repository (patient data are never committed); `make train` makes it in a minute or two.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lianyi_train.chests import read_chests
from lianyi_train.slabs import read_slabs

VERSION = 1
"""Raised when what is stored changes, so that an old cache is made anew."""


def prepare(data: Path, cache: Path) -> None:
    """Write the cache unless this version of it is there."""
    if (cache / f"ready-{VERSION}").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    _write_slabs(data, cache)
    _write_chests(data, cache)
    (cache / f"ready-{VERSION}").touch()


def _write_slabs(data: Path, cache: Path) -> None:
    table: list[dict[str, Any]] = []
    grey, votes, cut_grey, cut_weight, cut_votes = [], [], [], [], []
    first = first_cut = 0
    for slab in read_slabs(data):
        table.append(
            {
                **asdict(slab.facts),
                "shape": slab.grey_kji.shape,
                "first": first,
                "center_kji": slab.center_kji,
                "cut_shape": slab.cut.grey_kji.shape,
                "cut_first": first_cut,
                "cut_center_kji": slab.cut.center_kji,
            }
        )
        grey.append(slab.grey_kji.ravel())
        votes.append(slab.votes_kji.ravel())
        cut_grey.append(slab.cut.grey_kji.ravel())
        cut_weight.append(slab.cut.weight_kji.ravel())
        cut_votes.append(slab.cut.votes_kji.ravel())
        first += slab.grey_kji.size
        first_cut += slab.cut.grey_kji.size
    for name, parts in (
        ("slab_grey", grey),
        ("slab_votes", votes),
        ("cut_grey", cut_grey),
        ("cut_weight", cut_weight),
        ("cut_votes", cut_votes),
    ):
        np.save(cache / f"{name}.npy", np.concatenate(parts))
    (cache / "slabs.json").write_text(json.dumps(table))


def _write_chests(data: Path, cache: Path) -> None:
    table = []
    for chest in read_chests(data):
        np.save(cache / f"chest-{chest.name}-grey.npy", chest.grey_kji)
        np.save(cache / f"chest-{chest.name}-lung.npy", chest.lung_kji)
        table.append(
            {
                "name": chest.name,
                "nodules": [asdict(nodule) for nodule in chest.nodules],
                "spacing_k_mm": chest.spacing_k_mm,
                "first_xyz_mm": chest.first_xyz_mm,
            }
        )
    (cache / "chests.json").write_text(json.dumps(table, indent=1))
