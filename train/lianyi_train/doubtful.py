"""Places that look like nodules nobody noted, in chests of which only one nodule is known.

To teach them as nothing would teach to miss nodules; to count them as false would punish finding them.  So training
ignores them, and the sticks are read twice: strictly, where each is a false mark, and with these left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lianyi_train.chests import KnownNodule, WholeChest

FILE = Path(__file__).parents[1] / "splits" / "doubtful.json"
_READERS = 1
"""Findings of one reader neither help nor hurt, in training and in every stick."""


def doubtful_in(name: str) -> tuple[KnownNodule, ...]:
    """Give a chest's doubtful places as findings that neither help nor hurt."""
    rows = json.loads(FILE.read_text())["places"].get(name, [])
    return tuple(KnownNodule(center_kji=(k, j, i), diameter_mm=size, readers=_READERS) for k, j, i, size in rows)


def with_doubtful(chest: WholeChest) -> WholeChest:
    """Give the chest with its doubtful places among its findings."""
    return replace(chest, nodules=chest.nodules + doubtful_in(chest.name))


def apart_from_findings(
    chests: Sequence[WholeChest], places: Mapping[str, Sequence[Sequence[float]]], beyond_mm: float
) -> dict[str, list[list[float]]]:
    """Give the places (rows k, j, i, by chest) that lie further than *beyond_mm* from the edge of any finding."""
    return {
        chest.name: [
            list(place)
            for place in places.get(chest.name, [])
            if all(
                np.linalg.norm(np.subtract(place, one.center_kji)) > one.diameter_mm / 2.0 + beyond_mm
                for one in chest.nodules
            )
        ]
        for chest in chests
    }
