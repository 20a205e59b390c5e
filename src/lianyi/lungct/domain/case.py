"""The nodules of one chest as a guideline sees them: words and millimetres, no voxels.

Whoever measured (this program, or a doctor with calipers) fills a :class:`Case`; ``assess`` judges it.
None is "not known" everywhere, and never means "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lianyi.lungct.domain.context import LungRadsCategory
from lianyi.lungct.domain.location import Lobe
from lianyi.lungct.domain.measurement import Calcification
from lianyi.lungct.domain.nodule import Density
from lianyi.lungct.domain.study import Contrast

Status = Literal["baseline", "new", "growing", "stable", "slow-growing"]
Margin = Literal["smooth", "lobulated", "spiculated", "irregular", "ill-defined"]
Shape = Literal["oval", "lentiform", "triangular", "round", "irregular"]
Airway = Literal["none", "subsegmental", "segmental", "unknown level"]
Cystic = Literal["none", "thin-walled", "thick-walled", "multilocular", "unknown kind"]
CystChange = Literal["none", "cystic-part-growing", "wall-growing", "became-multilocular", "more-loculation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleFacts:
    """One nodule.  Lengths in mm and volumes in mm³, unrounded: each edition rounds in its own way.

    Attributes:
        id: as in the list it came from.
        density: as measured or seen.
        mean_diameter_mm: mean of long and short axis of one plane.
        long_axis_mm: greatest extent in that plane; the size that the risk models mean.
        short_axis_mm: greatest extent perpendicular to it; with the long axis, in place of an unknown mean.
        volume_mm3: of the whole nodule; judged where no diameter is known.
        solid_core_mean_diameter_mm: of the solid part of a part-solid nodule.
        solid_core_status: whether that part is there for the first time, new, growing or stable.
        status: against the prior CT; "baseline" where there is none.
        prior_mean_diameter_mm: of the same nodule on the prior CT; tells whether it crossed a size threshold, and
            gives the status by each guideline's own definition of growth where *status* is not known.
        prior_category: Lung-RADS category of this nodule on the prior CT.
        lobe: where it lies.
        lingula: whether it lies in the lingula of the left upper lobe.
        spiculated: as seen or measured.
        margin: as seen or measured.
        shape: as seen; where given, it overrules what *juxtapleural* says of it.
        calcification_pattern: None where unknown; "none" is "no calcification".
        fat: whether it holds fat.
        juxtapleural: lies against the pleura *and* is oval, lentiform or triangular, as Lung-RADS means it;
            a nodule that merely touches the pleura is told by its distance to it.
        perifissural: lies on a fissure with the form of an intrapulmonary lymph node.
        airway: level of the bronchus that it lies in; "segmental" is segmental or more proximal.
        cystic: kind of cyst, if it is one; "thick-walled" is 2 mm or more.
        cyst_change: what changed in the cyst since the prior CT.
        suspicious_features: further evidence of malignancy, in the doctor's words (nodes, metastasis, a ground-glass
            nodule that doubled within a year); empty: looked for, none seen.
        proven_benign: by work-up.
        model_probability: of the deep model that C-Lung-RADS was published with, 0 to 1; ours has none.
    """

    id: int
    density: Density | None = None
    mean_diameter_mm: float | None = None
    long_axis_mm: float | None = None
    short_axis_mm: float | None = None
    volume_mm3: float | None = None
    solid_core_mean_diameter_mm: float | None = None
    solid_core_status: Status | None = None
    status: Status | None = None
    prior_mean_diameter_mm: float | None = None
    prior_category: LungRadsCategory | None = None
    lobe: Lobe | None = None
    lingula: bool | None = None
    spiculated: bool | None = None
    margin: Margin | None = None
    shape: Shape | None = None
    calcification_pattern: Calcification | None = None
    fat: bool | None = None
    juxtapleural: bool | None = None
    perifissural: bool | None = None
    airway: Airway | None = None
    cystic: Cystic | None = None
    cyst_change: CystChange | None = None
    suspicious_features: tuple[str, ...] | None = None
    proven_benign: bool | None = None
    model_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The nodules of one chest.

    Attributes:
        nodules: those that a doctor accepted; before review, the marks at the balanced operating point.
        nodule_count: how many there are in all; at least as many as listed.
        is_reviewed: whether a doctor has confirmed the nodules; if not, what depends on their number is provisional.
        contrast: whether contrast medium was given; unless "no", density does not prove calcification.
        slice_thickness_mm: of the series that was measured.
    """

    nodules: tuple[NoduleFacts, ...]
    nodule_count: int
    is_reviewed: bool
    contrast: Contrast = "unknown"
    slice_thickness_mm: float | None = None
