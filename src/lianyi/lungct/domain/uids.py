"""DICOM unique identifiers as distinct types, so that swapping two is a type error."""

from typing import NewType

StudyUID = NewType("StudyUID", str)
SeriesUID = NewType("SeriesUID", str)
InstanceUID = NewType("InstanceUID", str)
FrameOfReferenceUID = NewType("FrameOfReferenceUID", str)
