"""From files to one decoded chest CT series; the door of pydicom."""

from lianyi.lungct.dicom.read import read_chest_series, read_study_header

__all__ = ["read_chest_series", "read_study_header"]
