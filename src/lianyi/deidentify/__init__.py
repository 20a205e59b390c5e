"""CT studies without identity, for export: PS3.15 Annex E as a table, and nothing that no rule allows.

A new data set is built from what may be kept, instead of an old one being cleaned: what no rule names is not there.
"""

from lianyi.deidentify.errors import NotExported
from lianyi.deidentify.export import Export, StudyExport, deidentify_folder
from lianyi.deidentify.pseudonyms import Pseudonyms, new_key, read_or_make_key

__all__ = ["Export", "NotExported", "Pseudonyms", "StudyExport", "deidentify_folder", "new_key", "read_or_make_key"]
