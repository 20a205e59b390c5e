"""Finding nodules without learning: blob peaks, a look at each, a written-out score.

::

    lungs' box ─▶ peaks over eight scales ─▶ strongest ─▶ core and numbers ─▶ score ─▶ best of each place

Every number that makes a mark is in the mark's evidence, so a reader can ask why it is there.
What it does not find well, by design: ground glass below about 8 mm, anything below 4 mm, nodules that
the lung fields leave out, and lung that is dense all around (consolidation, atelectasis).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from math import erf, exp, pi, sqrt

import numpy as np

from lianyi.lungct.detect.blobs import RADIUS_PER_SIGMA, Floats, Indices, Level, Peaks, find_peaks, join, pyramid
from lianyi.lungct.detect.evidence import Core, examine
from lianyi.lungct.detect.score import INTERCEPT, TERMS, probability
from lianyi.lungct.detect.surroundings import CROWD_SIGMA_MM, Surroundings, surround
from lianyi.lungct.domain.image import CtVolume, LungFields
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.outcome import DetectorIdentity

_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the search looks for and how hard.

    Attributes:
        sigmas_mm: scales by sampling of 1, 2 and 4 mm; a ball answers best at a diameter of
            3.46 times its sigma, so these reach from 3.5 to 39 mm.
        least_response_hu: weaker peaks are dropped, by sampling.  Small ones must be stronger:
            noise has not been averaged away there.
        least_strength_hu: the same for what a tube cannot fake (see Peaks.strength_hu).
        looks: so many of the strongest peaks are looked at.
        marks: at most so many candidates are given.
    """

    sigmas_mm: tuple[tuple[float, ...], ...] = ((1.0, 1.4), (2.0, 2.8, 4.0), (5.6, 8.0, 11.2))
    least_response_hu: tuple[float, ...] = (120.0, 60.0, 60.0)
    least_strength_hu: float = 40.0
    looks: int = 600
    marks: int = 100


@dataclass(frozen=True, slots=True)
class ClassicalDetector:
    """A detector of blobs with a transparent score; deterministic, and without weights files."""

    settings: Settings = field(default_factory=Settings)

    @property
    def identity(self) -> DetectorIdentity:
        """Name, version (of the method, its fixed constants included), and the hash of settings and weights."""
        rule = {"settings": asdict(self.settings), "terms": [asdict(term) for term in TERMS], "intercept": INTERCEPT}
        canonical = json.dumps(rule, sort_keys=True, separators=(",", ":"))
        return DetectorIdentity(
            name="classical", version=_VERSION, sha256=hashlib.sha256(canonical.encode()).hexdigest()
        )

    def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:
        """Propose places that may be nodules.

        Args:
            working: HU at 1 mm, isotropic, patient-aligned.
            lungs: on the very grid of *working*.

        Returns:
            At most 100, best first, not thresholded; centres are centres of mass in the frame of
            *working*.  Empty when there is no lung.

        Raises:
            ValueError: the lungs are on another grid.
        """
        if lungs.grid is not working.grid:
            raise ValueError("the lung fields lie on another grid than the volume")
        around = surround(working, lungs)
        if around is None:
            return ()
        levels = pyramid(around.finest)
        marks = [self._mark(working, around, core) for core in self._cores(levels)]
        return tuple(_best_of_each_place(marks)[: self.settings.marks])

    def _cores(self, levels: list[Level]) -> list[Core]:
        settings = self.settings
        found: list[Peaks] = []
        for level, sigmas_mm, least in zip(levels, settings.sigmas_mm, settings.least_response_hu, strict=True):
            found.extend(find_peaks(level, sigmas_mm, least_response_hu=least))
        peaks = join(found)
        strongest = np.argsort(-peaks.strength_hu, kind="stable")
        strongest = strongest[peaks.strength_hu[strongest] > settings.least_strength_hu]
        cores = []
        for row in _apart(peaks, strongest, settings.looks):
            core = examine(levels, peaks.places_kji_mm[row], float(peaks.sigma_mm[row]))
            if core is not None:
                core.numbers["roundness"] = float(peaks.roundness[row])
                core.numbers["response_hu"] = float(peaks.response_hu[row])
                cores.append(core)
        return cores

    @staticmethod
    def _mark(working: CtVolume, around: Surroundings, core: Core) -> Candidate:
        crowd = around.crowd_at(core.centroid_kji_mm)
        numbers = core.numbers | {
            "depth_mm": around.depth_at(core.centroid_kji_mm),
            "crowd_share": max(crowd - _own_share(core.radius_mm), 0.0),
        }
        k, j, i = (float(a) for a in core.centroid_kji_mm + np.array(around.first_kji))
        return Candidate(
            center=working.grid.voxel(k=k, j=j, i=i).to_patient(),
            radius_mm=core.radius_mm,
            probability=probability(numbers),
            evidence=numbers,
        )


def _apart(peaks: Peaks, rows: Indices, most: int) -> list[int]:
    """Take the first *most* rows, dropping a peak that an earlier one of about its size holds in its inner half."""
    kept: list[int] = []
    radii_mm = RADIUS_PER_SIGMA * peaks.sigma_mm
    for row in rows:
        earlier = np.array(kept, dtype=np.int64)
        alike = (radii_mm[earlier] > radii_mm[row] / 1.7) & (radii_mm[earlier] < radii_mm[row] / 0.6)
        off_mm = np.linalg.norm(peaks.places_kji_mm[earlier] - peaks.places_kji_mm[row], axis=1)
        if not np.any(alike & (off_mm < 0.5 * radii_mm[earlier])):
            kept.append(int(row))
            if len(kept) == most:
                break
    return kept


def _own_share(radius_mm: float) -> float:
    """Give what a dense ball by itself adds to the crowd at its centre (a Gaussian's mass inside it)."""
    reach = radius_mm / CROWD_SIGMA_MM
    return erf(reach / sqrt(2.0)) - sqrt(2.0 / pi) * reach * exp(-0.5 * reach**2)


def _best_of_each_place(marks: list[Candidate]) -> list[Candidate]:
    """Keep, of marks that lie within one another, the most probable; best first."""
    kept: list[Candidate] = []
    centers: list[Floats] = []
    for mark in sorted(marks, key=lambda mark: -mark.probability):
        center = mark.center.xyz
        if all(
            np.linalg.norm(center - other) > max(mark.radius_mm, one.radius_mm, 3.0)
            for one, other in zip(kept, centers, strict=True)
        ):
            kept.append(mark)
            centers.append(center)
    return kept
