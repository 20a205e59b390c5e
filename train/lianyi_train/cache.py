"""What training and measuring read: the cache, mapped, never copied."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lianyi_train.chests import Booleans, KnownNodule, WholeChest
from lianyi_train.folds import CHESTS, Fold, fold_of
from lianyi_train.grey import Grey
from lianyi_train.slabs import Cut, Slab, SlabFacts


@dataclass(frozen=True, slots=True)
class Cache:
    """The prepared data of one folder.

    Attributes:
        folder: where :func:`lianyi_train.prepare.prepare` wrote.
    """

    folder: Path
    _table: list[dict[str, Any]] = field(init=False)
    _flat: dict[str, Grey] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", json.loads((self.folder / "slabs.json").read_text()))
        names = ("slab_grey", "slab_votes", "cut_grey", "cut_weight", "cut_votes")
        flat = {name: np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in names}
        object.__setattr__(self, "_flat", flat)

    def slabs(self, folds: frozenset[Fold]) -> list[Slab]:
        """Give the slabs of these folds' patients, in the order of slabs.csv."""
        return [self._slab(row) for row in self._table if fold_of(row["patient_id"]) in folds]

    def chests(self, folds: frozenset[Fold]) -> list[WholeChest]:
        """Give the whole chests of these folds."""
        rows = {row["name"]: row for row in json.loads((self.folder / "chests.json").read_text())}
        return [self._chest(rows[name]) for name, fold in CHESTS.items() if fold in folds]

    def _slab(self, row: dict[str, Any]) -> Slab:
        facts = SlabFacts(**{name: row[name] for name in SlabFacts.__dataclass_fields__})
        cut = Cut(
            grey_kji=self._part("cut_grey", row["cut_first"], row["cut_shape"]),
            weight_kji=self._part("cut_weight", row["cut_first"], row["cut_shape"]),
            votes_kji=self._part("cut_votes", row["cut_first"], row["cut_shape"]),
            center_kji=tuple(row["cut_center_kji"]),
        )
        return Slab(
            facts=facts,
            grey_kji=self._part("slab_grey", row["first"], row["shape"]),
            votes_kji=self._part("slab_votes", row["first"], row["shape"]),
            center_kji=tuple(row["center_kji"]),
            cut=cut,
        )

    def _part(self, name: str, first: int, shape: list[int]) -> Grey:
        return self._flat[name][first : first + int(np.prod(shape))].reshape(shape)

    def _chest(self, row: dict[str, Any]) -> WholeChest:
        grey_kji: Grey = np.load(self.folder / f"chest-{row['name']}-grey.npy", mmap_mode="r")
        lung_kji: Booleans = np.load(self.folder / f"chest-{row['name']}-lung.npy", mmap_mode="r")
        return WholeChest(
            name=row["name"],
            grey_kji=grey_kji,
            lung_kji=lung_kji,
            nodules=tuple(
                KnownNodule(center_kji=tuple(one["center_kji"]), diameter_mm=one["diameter_mm"], readers=one["readers"])
                for one in row["nodules"]
            ),
            spacing_k_mm=row["spacing_k_mm"],
            first_xyz_mm=tuple(row["first_xyz_mm"]),
        )
