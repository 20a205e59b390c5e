"""Which objects may be exported at all: what may carry text in its pixels is named and left out."""

from __future__ import annotations

from pydicom.dataset import Dataset

from lianyi.deidentify.errors import NotExported

CT_CLASSES = frozenset(
    {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"}
)  # CT, Enhanced CT, Legacy Converted Enhanced CT (PS3.6)


def require_ct_class(ds: Dataset) -> None:
    """Refuse any object that is not a CT image.

    Raises:
        NotExported: D01, D03, left out and told; the rest of the study is not touched by it.
    """
    if str(ds.get("SOPClassUID", "")) not in CT_CLASSES:
        raise NotExported("D01")
    # Some scanners call every slice ORIGINAL and SECONDARY (LIDC-IDRI-0002): its pixels are looked at like any other.
    words = {str(word).strip().upper() for word in _several(ds.get("ImageType"))}
    if words & {"SCREEN SAVE", "SCREENSAVE", "SCREEN_SAVE"} or words >= {"DERIVED", "SECONDARY"}:
        raise NotExported("D03")


def require_clean_header(ds: Dataset) -> None:
    """Refuse a CT image whose header says that text lies over or in its pixels.

    Raises:
        NotExported: D04, D05, D08: the whole study is not exported.
    """
    if str(ds.get("BurnedInAnnotation", "NO")).strip().upper() not in ("NO", ""):
        raise NotExported("D04")
    tags = list(ds.keys())  # iterating a Dataset would read every element
    if any(tag.group & 0xFF00 == 0x6000 and not tag.group % 2 for tag in tags):
        raise NotExported("D05")
    if not all(str(ds.get(f"{level}InstanceUID", "")).strip() for level in ("Study", "Series", "SOP")):
        raise NotExported("D08")


def _several(value: object) -> list[object]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]
