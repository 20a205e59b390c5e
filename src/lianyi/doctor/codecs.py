"""Does every transfer syntax decode here?  A tiny slice of each, with known HU, is read the way a study is.

A wheel for the wrong processor, or a decoder that a system update broke, shows here and not in a patient.
The slices are written by ``tools/make_doctor_slices.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import numpy as np
import numpy.typing as npt

# Transfer Syntax UIDs: DICOM PS3.5 section 10 and annex A.
SLICES = {
    "implicit-little-endian": "1.2.840.10008.1.2",
    "explicit-little-endian": "1.2.840.10008.1.2.1",
    "explicit-big-endian": "1.2.840.10008.1.2.2",
    "deflated": "1.2.840.10008.1.2.1.99",
    "rle": "1.2.840.10008.1.2.5",
    "jpeg-lossless": "1.2.840.10008.1.2.4.70",
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg-2000": "1.2.840.10008.1.2.4.90",
    "htj2k": "1.2.840.10008.1.2.4.201",
}
SLOPE_HU = 1.0


def expected_hu() -> npt.NDArray[np.int16]:
    """Give the HU that every slice holds: a ramp over the range a chest needs, rows and columns told apart."""
    j, i = np.arange(16, dtype=np.int16)[:, None], np.arange(16, dtype=np.int16)
    return np.int16(-1000) + np.int16(128) * j + np.int16(7) * i


def decode_each() -> Iterator[tuple[str, str | None]]:
    """Decode one slice after another; give each name with what went wrong, or with None."""
    # Imported here, so that a missing library is one unfit check and not the end of the doctor.
    from pydicom import dcmread  # noqa: PLC0415 -- see above

    from lianyi.lungct.dicom.pixels import decode_slices  # noqa: PLC0415 -- see above

    for name in SLICES:
        with resources.as_file(resources.files("lianyi.doctor") / "slices" / f"{name}.dcm") as path:
            try:
                (decoded,) = decode_slices(dcmread(path))
            except Exception as fault:  # noqa: BLE001 -- a broken decoder may raise anything; it is told, not hidden
                yield name, f"{type(fault).__name__}: {fault}"
                continue
        yield name, None if np.array_equal(decoded.hu_ji, expected_hu()) else "wrong HU"
