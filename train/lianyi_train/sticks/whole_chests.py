"""The first stick: the annotated whole chests, each looked at by the network that never saw it or its patient's slabs.

What it can show: real nodules where they really lie, and real false marks.  What it cannot: seven nodules of six
patients make no percentage, and only the three LIDC chests were read by several readers; in the others one nodule
is known and a mark elsewhere may be a nodule that nobody noted.
"""

from __future__ import annotations

from lianyi.evaluate import Chest, TrueNodule
from lianyi.lungct.domain.uids import SeriesUID
from lianyi.lungct.pipeline import Detector
from lianyi_train.cache import Cache
from lianyi_train.doubtful import doubtful_in
from lianyi_train.folds import Fold
from lianyi_train.sticks.looking import look
from lianyi_train.sticks.planted_run import Lists, as_ignored, mark_of

ANNOTATED_ELSEWHERE = 4
"""A nodule published with its chest counts like one that every reader drew."""


def look_at_whole_chests(detector: Detector, cache: Cache, fold: Fold) -> Lists:
    """Look at the whole chests of a fold; every one of A and B is annotated."""
    lists = Lists(chests=[], nodules=[], marks=[], candidates=[], doubtful=[])
    for chest in cache.chests(frozenset({fold})):
        series_uid = SeriesUID(chest.name)
        lists.chests.append(Chest(series_uid=series_uid, slice_thickness_mm=chest.spacing_k_mm))
        for one in chest.nodules:
            k, j, i = one.center_kji
            lists.nodules.append(
                TrueNodule(
                    series_uid=series_uid,
                    center_lps_mm=(i, j, k),
                    diameter_mm=one.diameter_mm,
                    readers=one.readers or ANNOTATED_ELSEWHERE,
                )
            )
        lists.doubtful.extend(as_ignored(doubtful_in(chest.name), series_uid))
        for candidate in look(detector, chest.grey_kji, chest.lung_kji):
            lists.candidates.append(candidate)
            lists.marks.append(mark_of(series_uid, candidate))
    return lists
