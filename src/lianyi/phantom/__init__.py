"""Synthetic chest CT studies with the truth beside them: the demo, the test fixture, and what measuring is held to.

A phantom proves geometry and measuring.  It never proves that a detector finds nodules in patients.
"""

from lianyi.phantom.dicom_series import write_phantom
from lianyi.phantom.scene import render
from lianyi.phantom.spec import PhantomSpec, PlantedNodule
from lianyi.phantom.truth import PhantomTruth, TrueNodule

__all__ = ["PhantomSpec", "PhantomTruth", "PlantedNodule", "TrueNodule", "render", "write_phantom"]
