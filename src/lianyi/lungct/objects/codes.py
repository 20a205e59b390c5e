"""Every coded concept that the structured report says, and where each comes from.

Scheme designators: DCM is DICOM PS3.16, SCT is SNOMED CT, UCUM is units.  All of these are in pydicom's copy of
PS3.16 and a test looks each up there.  99LIANYI is our own, for what no published code was found that could be
verified: densities "solid" and "part-solid", categories of guidelines, refusals.
"""

from __future__ import annotations

from highdicom.sr import CodedConcept

from lianyi.lungct.domain.growth import Change
from lianyi.lungct.domain.location import Lobe
from lianyi.lungct.domain.nodule import Density

PRIVATE = "99LIANYI"


def dcm(value: str, meaning: str) -> CodedConcept:
    """Give a code of DICOM PS3.16."""
    return CodedConcept(value, "DCM", meaning)


def sct(value: str, meaning: str) -> CodedConcept:
    """Give a code of SNOMED CT."""
    return CodedConcept(value, "SCT", meaning)


def ucum(value: str, meaning: str) -> CodedConcept:
    """Give a unit."""
    return CodedConcept(value, "UCUM", meaning)


def own(value: str, meaning: str) -> CodedConcept:
    """Give a code of our own; its meaning is cut at DICOM's 64 characters, its value never.

    A value of more than 16 characters is written as Long Code Value (PS3.3 8.1).
    """
    return CodedConcept(value, PRIVATE, meaning[:64])


MM, MM3 = ucum("mm", "mm"), ucum("mm3", "cubic millimeter")
HU, PERCENT = ucum("[hnsf'U]", "Hounsfield unit"), ucum("%", "Percent")

NODULE = sct("27925004", "Nodule")
CT = sct("77477000", "Computed tomography")
LONG_AXIS, SHORT_AXIS = sct("103339001", "Long axis"), sct("103340004", "Short axis")
DIAMETER, VOLUME, MEAN = sct("81827009", "Diameter"), sct("118565006", "Volume"), sct("373098007", "Mean")
ATTENUATION = dcm("112031", "Attenuation Coefficient")
CERTAINTY = dcm("111012", "Certainty of Finding")
PROBABILITY_OF_CANCER = dcm("111047", "Probability of cancer")
ASSESSMENT = dcm("111005", "Assessment Category")
COMMENT = dcm("121106", "Comment")
STATUS = dcm("111017", "CAD Processing and Findings Summary")
OPERATING_POINT = dcm("111071", "CAD Operating Point")
EDITION = own("EDITION", "Guideline edition")
REASON = own("REASON", "Reason of refusal or failure")
DENSITY = own("DENSITY", "Density of nodule")

CHANGE = own("CHANGE", "Change since the prior CT")
SOLID_DIAMETER = own("SOLID-DIAMETER", "Mean diameter of the solid part")
SOLID_VOLUME = own("SOLID-VOLUME", "Volume of the solid part")

CHANGES: dict[Change, CodedConcept] = {  # CID 6134 and 6002 where they have one
    "new": sct("129721008", "New finding"),
    "growing": sct("15454001", "Increase in size"),
    "stable": sct("129723006", "No significant changes in the finding"),
    "shrinking": sct("19776001", "Decrease in size"),
    "gone": own("GONE", "Not found any more"),
    "cannot be told": own("UNTOLD", "Cannot be told"),
}

# CID 6047 "CAD Processing and Findings Summary" (DICOM PS3.16 2024e).
ALL_WITHOUT = dcm("111241", "All algorithms succeeded; without findings")
ALL_WITH = dcm("111242", "All algorithms succeeded; with findings")
PARTLY_WITHOUT = dcm("111243", "Not all algorithms succeeded; without findings")
PARTLY_WITH = dcm("111244", "Not all algorithms succeeded; with findings")
NONE = dcm("111245", "No algorithms succeeded; without findings")

DENSITIES: dict[Density, CodedConcept] = {
    Density.SOLID: own("SOLID", "Solid"),
    Density.PART_SOLID: own("PART-SOLID", "Part-solid"),
    Density.GROUND_GLASS: dcm("112120", "Ground glass opacity"),  # CID 6104
    Density.CALCIFIED: sct("237897009", "Calcified"),  # CID 3712
}

LEFT, RIGHT = sct("7771000", "Left"), sct("24028007", "Right")
LUNG = sct("39607008", "Lung")
_UPPER, _LOWER = sct("45653009", "Upper lobe of lung"), sct("90572001", "Lower lobe of lung")
LOBES: dict[Lobe, tuple[CodedConcept, CodedConcept | None]] = {  # CID 6170; the middle lobe has but one side
    "right upper": (_UPPER, RIGHT),
    "right middle": (sct("72481006", "Middle lobe of right lung"), None),
    "right lower": (_LOWER, RIGHT),
    "left upper": (_UPPER, LEFT),
    "left lower": (_LOWER, LEFT),
}
