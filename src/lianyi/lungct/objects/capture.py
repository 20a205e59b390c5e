"""Pictures as Secondary Capture, for viewers that show neither report nor outlines nor rings: a summary, key images.

Nothing in them names the patient: the viewer does, from the header.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.uid import SecondaryCaptureImageStorage

from lianyi.lungct.domain.study import SourceImage
from lianyi.lungct.objects.header import CAPTURE, Answered, code, reference


def capture(picture: bytes, answered: Answered, *, number: int, shown: tuple[SourceImage, int] | None) -> FileDataset:
    """Give one picture as an image of the study.

    Args:
        picture: PNG or JPEG.
        answered: for which study.
        number: Instance Number, 1 for the summary.
        shown: the source image it shows and its frame; None for a summary of all.
    """
    with Image.open(BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    ds = answered.new_object(SecondaryCaptureImageStorage, CAPTURE, name=f"SC {number}", number=number)
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.ConversionType = "WSD"
    now = answered.local_time
    ds.DateOfSecondaryCapture, ds.TimeOfSecondaryCapture = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    ds.PatientOrientation = ""
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.Columns, ds.Rows = image.size
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    if shown is not None:
        source = reference(shown[0], frame=shown[1])
        source.PurposeOfReferenceCodeSequence = [code("121322", "DCM", "Source image for image processing operation")]
        ds.SourceImageSequence = [source]
    pixels = image.tobytes()
    ds.PixelData = pixels + b"\0" * (len(pixels) % 2)
    ds["PixelData"].VR = "OB"
    return ds
