"""What every object of an answer shares: patient and study of the source, our equipment, our series.

Objects are UNVERIFIED until a doctor signs.  Times are the caller's moment, so that a repeat of the same job writes
the same bytes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO

from pydicom import Dataset
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from lianyi.lungct.domain.study import SourceImage, StudyHeader
from lianyi.lungct.objects.identity import ResultIdentity, hashed_uid
from lianyi.lungct.objects.texts import OwnWords

MANUFACTURER, MODEL = "Lianyi", "Lianyi lung CT first look"
IMPLEMENTATION_UID = hashed_uid(("lianyi", "implementation class"))
IMPLEMENTATION_NAME = "LIANYI"

# Attributes that DICOM PS3.3 wants present even when their value is not known (type 2): C.7.1.1, C.7.2.1.
_EMPTY_IF_ABSENT = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
_CHARACTER_SET = Tag("SpecificCharacterSet")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """A series of our answer: one a kind of object.

    Attributes:
        modality: DICOM's word for the kind.
        number: Series Number; above those of scanners, so that ours sort last: an engineering choice.
        description: ASCII.
        has_body_part: whether the kind's series module has Body Part Examined, as those of images do.
        has_content_date: whether the kind's modules have Content Date; a presentation state has its own.
    """

    modality: str
    number: int
    description: str
    has_body_part: bool = True
    has_content_date: bool = True


SR = SeriesPlan(modality="SR", number=9901, description="Lianyi first look: structured report", has_body_part=False)
SEG = SeriesPlan(modality="SEG", number=9902, description="Lianyi first look: nodule outlines")
PR = SeriesPlan(
    modality="PR", number=9903, description="Lianyi first look: rings on the images", has_content_date=False
)
CAPTURE = SeriesPlan(modality="OT", number=9904, description="Lianyi first look: pictures")
DOCUMENT = SeriesPlan(modality="DOC", number=9905, description="Lianyi first look: report", has_body_part=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Which study an answer is for, what it follows from and when it was made.

    Attributes:
        header: of the source.
        identity: gives the UIDs.
        made: when the answer was made, with its time zone.
        version: of this software.
    """

    header: StudyHeader
    identity: ResultIdentity
    made: datetime
    version: str

    @property
    def source(self) -> Dataset:
        """Patient and study of the source, its elements raw."""
        return read_dataset(BytesIO(self.header.encoded), is_implicit_VR=False, is_little_endian=True)

    @property
    def words(self) -> OwnWords:
        """Our words in the source's character set."""
        element: DataElement | RawDataElement | None = self.source.get_item(_CHARACTER_SET)
        value: object = None if element is None else element.value
        declared = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
        names = tuple(name.strip() for name in declared.rstrip("\0 ").split("\\"))
        return OwnWords(names if any(names) else ())

    @property
    def study_uid(self) -> str:
        """Study Instance UID of the source."""
        return str(self.source.StudyInstanceUID)

    @property
    def local_time(self) -> datetime:
        """The moment as the source's clock on the wall shows it: what DICOM's dates and times without a zone mean.

        Where the source names its zone (Timezone Offset From UTC, copied with the rest), it is put into that one.
        """
        named = re.fullmatch(r"([+-])(0\d|1[0-4])([0-5]\d)", str(self.source.get("TimezoneOffsetFromUTC", "")))
        made = self.made
        if named is not None:
            offset = timedelta(hours=int(named[2]), minutes=int(named[3]))
            made = made.astimezone(timezone(-offset if named[1] == "-" else offset))
        return made.replace(tzinfo=None, microsecond=0)

    def image(self, instance_uid: str) -> SourceImage:
        """Give the source image of a UID.

        Raises:
            KeyError: the source has no such image.
        """
        for one in self.header.images:
            if one.instance_uid == instance_uid:
                return one
        raise KeyError("the source has no such image")

    def new_object(self, sop_class_uid: str, plan: SeriesPlan, *, name: str, number: int = 1) -> FileDataset:
        """Give an object with everything but its content.

        Args:
            sop_class_uid: of the object.
            plan: of its series.
            name: tells it from its like in this answer; its UID follows from it.
            number: Instance Number.
        """
        meta = FileMetaDataset()
        ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        ds.SOPClassUID = UID(sop_class_uid)
        ds.SOPInstanceUID = UID(self.identity.uid("instance", name))
        ds.Modality = plan.modality
        ds.InstanceNumber = number
        if plan.has_content_date:
            now = self.local_time
            ds.ContentDate, ds.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
        self.finish(ds, plan)
        return ds

    def finish(self, ds: Dataset, plan: SeriesPlan) -> None:
        """Put patient, study, series and equipment on an object, the source's bytes over whatever stood there."""
        now = self.local_time
        ds.SeriesInstanceUID = UID(self.identity.uid("series", plan.modality))
        ds.SeriesNumber, ds.SeriesDescription = plan.number, plan.description
        ds.InstanceCreationDate, ds.InstanceCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
        ds.SeriesDate, ds.SeriesTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
        if plan.has_body_part:  # no paired structure, so that Laterality is not asked for (PS3.3 C.7.3.1, type 2C)
            ds.BodyPartExamined = "CHEST"
        ds.Manufacturer, ds.ManufacturerModelName = MANUFACTURER, MODEL
        ds.DeviceSerialNumber = self.version  # software has none; Enhanced General Equipment (C.7.5.2) wants one
        ds.SoftwareVersions = self.version
        if "SpecificCharacterSet" in ds:
            del ds.SpecificCharacterSet
        source = self.source
        charset = source.original_character_set
        for tag in list(source.keys()):
            ds[tag] = source.get_item(tag)
        # pydicom writes raw elements as they are only where the data set says it was read in this very encoding;
        # otherwise it decodes and encodes them, and what it cannot decode is lost.
        ds.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding=charset)
        for keyword in _EMPTY_IF_ABSENT:
            if keyword not in ds:
                setattr(ds, keyword, "")
        meta = ds.file_meta
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.ImplementationClassUID, meta.ImplementationVersionName = UID(IMPLEMENTATION_UID), IMPLEMENTATION_NAME


def reference(image: SourceImage, *, frame: int | None = None) -> Dataset:
    """Give a reference to a source image; to one of its frames where it has several."""
    item = Dataset()
    item.ReferencedSOPClassUID = UID(image.sop_class_uid)
    item.ReferencedSOPInstanceUID = UID(image.instance_uid)
    if image.is_multi_frame and frame is not None:
        item.ReferencedFrameNumber = frame
    return item


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Give a code sequence item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def encoded(ds: Dataset) -> bytes:
    """Give an object as the bytes of a file."""
    stream = BytesIO()
    with quiet_pydicom():
        ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silence warnings about values that are the source's own and are passed on untouched."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"(pydicom|highdicom)(\.|$)")
        yield
