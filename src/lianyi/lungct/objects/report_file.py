"""report.pdf as an Encapsulated PDF of the study."""

from __future__ import annotations

from pydicom.dataset import FileDataset
from pydicom.uid import EncapsulatedPDFStorage

from lianyi.lungct.objects.header import DOCUMENT, Answered, code, reference

_TITLE_ZH, _TITLE_EN = "胸部 CT 肺结节首看报告", "Chest CT lung nodules: first look"


def encapsulated_pdf(pdf: bytes, answered: Answered) -> FileDataset:
    """Give a PDF as an object of the study."""
    ds = answered.new_object(EncapsulatedPDFStorage, DOCUMENT, name="PDF")
    ds.ConversionType = "WSD"
    ds.BurnedInAnnotation = "YES"  # its pages name the patient
    ds.AcquisitionDateTime = ""
    ds.DocumentTitle = answered.words.both(_TITLE_ZH, _TITLE_EN).split("\n")[0]
    ds.ConceptNameCodeSequence = [code("24627-2", "LN", "CT Chest Report")]
    ds.VerificationFlag = "UNVERIFIED"
    ds.SourceInstanceSequence = [reference(image) for image in answered.header.images]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocumentLength = len(pdf)
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return ds
