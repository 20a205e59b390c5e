"""What the node takes: the classes it keeps, and the transfer syntaxes that the reader decodes."""

from __future__ import annotations

from typing import Final

from pydicom import uid

KEPT_CLASSES: Final = (uid.CTImageStorage, uid.EnhancedCTImageStorage)

# Held to what the reader takes by a test; the order is the one in which we prefer them.
READABLE_SYNTAXES: Final[tuple[str, ...]] = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.JPEGLSLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLossless,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.JPEG2000Lossless,
    uid.RLELossless,
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.JPEGLSNearLossless,
    uid.JPEG2000,
    uid.HTJ2K,
)
