"""Write the tiny CT slices, one a transfer syntax, that `lianyi doctor` decodes.

The JPEG family but JPEG-LS is encoded with imagecodecs, which is not what decodes it later.
Needs the test dependencies.
"""

from pathlib import Path

import imagecodecs
import numpy as np
import pydicom.uid as syntax
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage

from lianyi.doctor.codecs import SLICES, SLOPE_HU, expected_hu

FOLDER = Path(__file__).resolve().parents[1] / "src" / "lianyi" / "doctor" / "slices"
STORED_OFFSET = 1024


def plain_slice() -> Dataset:
    """A 16 x 16 slice, whose HU are a known ramp, with the geometry a reader asks for."""
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = "2.25.1"
    ds.StudyInstanceUID = "2.25.2"
    ds.SeriesInstanceUID = "2.25.3"
    ds.FrameOfReferenceUID = "2.25.4"
    ds.Modality = "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientName = "Doctor^Self Test"
    ds.PatientID = "SELF-TEST"
    ds.InstanceNumber = 1
    ds.ImagePositionPatient = [-8.0, -8.0, 0.0]
    ds.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    ds.PixelSpacing = [0.8, 0.7]
    ds.SliceThickness = 2.5
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = 16, 16
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = SLOPE_HU, -STORED_OFFSET, "HU"
    ds.PixelData = (expected_hu().astype(np.int32) + STORED_OFFSET).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax.ExplicitVRLittleEndian
    return ds


def encode(ds: Dataset, uid: syntax.UID) -> None:
    """Change a plain slice to a transfer syntax, in place."""
    stored = np.frombuffer(ds.PixelData, dtype="<u2").reshape(ds.Rows, ds.Columns)
    if uid in (syntax.RLELossless, syntax.JPEGLSLossless):
        ds.compress(uid, generate_instance_uid=False)
    elif uid == syntax.JPEGLosslessSV1:
        ds.PixelData = encapsulate([imagecodecs.ljpeg_encode(stored)])
    elif uid == syntax.JPEG2000Lossless:
        ds.PixelData = encapsulate([imagecodecs.jpeg2k_encode(stored, codecformat="j2k", reversible=True)])
    elif uid == syntax.HTJ2KLossless:
        ds.PixelData = encapsulate([imagecodecs.htj2k_encode(stored)])
    elif uid == syntax.ExplicitVRBigEndian:
        ds.PixelData = stored.astype(">u2").tobytes()
    ds["PixelData"].VR = "OB" if uid.is_encapsulated else "OW"
    ds.file_meta.TransferSyntaxUID = uid


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, uid in SLICES.items():
        ds = plain_slice()
        encode(ds, syntax.UID(uid))
        ds.save_as(
            FOLDER / f"{name}.dcm",
            implicit_vr=uid == syntax.ImplicitVRLittleEndian,
            little_endian=uid != syntax.ExplicitVRBigEndian,
            enforce_file_format=True,
        )


if __name__ == "__main__":
    main()
