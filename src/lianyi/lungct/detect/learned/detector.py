"""The learned detector: two networks, one calibrated probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from lianyi.lungct.detect.learned.cubes import CUBE, SecondLook, look_again
from lianyi.lungct.detect.learned.densities import IN_ORDER, class_of
from lianyi.lungct.detect.learned.image import CELL_MM, MOST_VOXELS, Box, lung_box, tiles
from lianyi.lungct.detect.learned.peaks import Peak, find_peaks, is_apart
from lianyi.lungct.detect.learned.runtime import (
    Floats,
    Manner,
    Network,
    Precision,
    choose_precision,
    usable_processors,
)
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.domain.outcome import DetectorIdentity
from lianyi.lungct.models import Weights

_LOOKED_AT_AGAIN = 60
_CANDIDATES = 100


class LearnedDetector:
    """A detector by two networks; the same chest on the same machine gives the same marks.

    Other numbers of threads and other precisions agree within what ``docs/decisions/0009-the-runtime.md`` states.
    """

    def __init__(self, weights: Weights, *, threads: int | None = None, precision: Precision = "auto") -> None:
        """Load the runtime and the networks.

        Args:
            weights: checked.
            threads: to compute with; None: as many as this process may use.
            precision: "auto" is bfloat16 where the processor multiplies in it, float32 elsewhere.

        Raises:
            RuntimeUnavailable: this machine cannot load the runtime.
            Misconfigured: bfloat16 was asked for by name, and the processor has none.
        """
        self._weights = weights
        self._manner = Manner(precision=choose_precision(precision), threads=threads or usable_processors())
        self._propose = Network(weights.propose, self._manner)
        self._refine = None if weights.refine is None else Network(weights.refine, self._manner)
        self._most_voxels = MOST_VOXELS

    @property
    def identity(self) -> DetectorIdentity:
        """Name and version by the manifest; the hash covers both networks and the calibration."""
        manifest = self._weights.manifest
        return DetectorIdentity(name=manifest.name, version=manifest.version, sha256=self._weights.sha256)

    @property
    def manner(self) -> Manner:
        """How this detector computes, for the record of a run."""
        return self._manner

    def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:
        """Propose places that may be nodules.

        Args:
            working: HU at 1 mm, isotropic, patient-aligned.
            lungs: on the very grid of *working*.

        Returns:
            At most 100, best first, not thresholded, in the frame of *working*; their centres lie in the lungs or
            within some mm of them.  Empty when there is no lung.

        Raises:
            ValueError: the lungs are on another grid.
        """
        if lungs.grid is not working.grid:
            raise ValueError("the lung fields lie on another grid than the volume")
        inside_kji = lungs.both_kji
        box = lung_box(inside_kji)
        if box is None:
            return ()
        most = _CANDIDATES if self._refine is None else _LOOKED_AT_AGAIN
        peaks = find_peaks(self._cells(working, box), box, inside_kji, most=most)
        looks = [] if self._refine is None else look_again(working, peaks, self._refine)
        return self._ranked(working, peaks, looks)

    def _cells(self, working: CtVolume, box: Box) -> Floats:
        """Ask the first network about every cell of the box."""
        depth, rows, columns = (n // CELL_MM for n in box.shape)
        cells = np.empty((5, depth, rows, columns), dtype=np.float32)
        compiled = None
        for tile in tiles(working, box, most_voxels=self._most_voxels):
            compiled = compiled or self._propose.compile((1, *tile.image.shape))
            own = compiled(tile.image[np.newaxis])["cells"][0][:, tile.cells]
            cells[:, tile.first_cell : tile.first_cell + own.shape[1]] = own
        return cells

    def _ranked(self, working: CtVolume, peaks: Sequence[Peak], looks: Sequence[SecondLook]) -> tuple[Candidate, ...]:
        """Give candidates by final probability, one for each thing."""
        pairs = zip_longest(peaks, looks)  # without a second network there is no second look at any
        marks = [self._mark(peak, look) for peak, look in pairs]
        kept: list[Peak] = []
        candidates: list[Candidate] = []
        for log_odds, peak, look in sorted(marks, key=lambda mark: -mark[0]):
            if is_apart(peak, kept):
                kept.append(peak)
                candidates.append(self._candidate(working, log_odds, peak, look))
        return tuple(candidates[:_CANDIDATES])

    def _mark(self, peak: Peak, look: SecondLook | None) -> tuple[float, Peak, SecondLook | None]:
        """Weigh both networks; a second look moves the place."""
        calibration = self._weights.manifest.calibration
        log_odds = calibration.propose * peak.logit + calibration.constant
        if look is None:
            return log_odds, peak, None
        moved = Peak(place_kji=look.place_kji, logit=peak.logit, diameter_mm=peak.diameter_mm)
        return log_odds + calibration.refine * look.logit, moved, look

    def _candidate(self, working: CtVolume, log_odds: float, peak: Peak, look: SecondLook | None) -> Candidate:
        k, j, i = peak.place_kji
        evidence = {"propose_logit": peak.logit, "diameter_mm": peak.diameter_mm}
        density: Density | None = None
        mask: Mask | None = None
        if look is not None:
            evidence["refine_logit"] = look.logit
            for name, share in zip(IN_ORDER, look.density_probabilities, strict=True):
                evidence[f"{name.value}_probability"] = share
            cuts = self._weights.manifest.density_cuts
            density = None if cuts is None else class_of(look.density_probabilities, cuts)
            mask = Mask(working.grid.crop(first_kji=look.first_kji, shape=(CUBE, CUBE, CUBE)), look.mask_kji)
        return Candidate(
            center=working.grid.voxel(k=k, j=j, i=i).to_patient(),
            radius_mm=peak.diameter_mm / 2.0,
            probability=_logistic(log_odds),
            evidence=evidence,
            density=density,
            suspicion_rating=None if look is None else look.suspicion_rating,
            mask=mask,
        )


def _logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(log_odds, -700.0), 700.0)))
