"""Studies with planted identifiers, and the search for them in what was exported."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from ct_dataset import ct_dataset

LATIN = "ZHANGSANMARK"
CHINESE = "张三丰龘"
MARKS = (LATIN, CHINESE, "张三丰")
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "latin-1")


def noisy_chest(rows: int = 96, columns: int = 96) -> np.ndarray:
    """A round body with measured-looking noise in air."""
    noise = np.random.default_rng(5).normal(0, 12, (rows, columns))
    j, i = np.mgrid[:rows, :columns]
    is_body = (j - rows / 2) ** 2 + (i - columns / 2) ** 2 < (rows / 3) ** 2
    return np.rint(np.where(is_body, 40, -950) + noise).astype(np.int64)


def ct(number: int = 1, hu_ji: np.ndarray | None = None) -> Dataset:
    ds = ct_dataset(noisy_chest() if hu_ji is None else hu_ji)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.7.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.8", "1.2.826.0.1.3680043.8.498.9"
    ds.FrameOfReferenceUID = "1.2.826.0.1.3680043.8.498.10"
    ds.PatientID, ds.PatientName, ds.InstanceNumber = "P1", LATIN, number
    ds.StudyDate, ds.PatientAge, ds.PatientSex = "20240301", "063Y", "F"
    return ds


def save(ds: Dataset, path: Path, preamble: bytes = bytes(128)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = FileDataset(str(path), ds, file_meta=ds.file_meta, preamble=preamble)
    whole.save_as(path, enforce_file_format=True)
    return path


def found_marks(folder: Path, marks: tuple[str, ...] = MARKS) -> list[str]:
    """Every mark, in any encoding or case, in any byte or name under the folder."""
    found = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        data = data + b"\0" + str(path.relative_to(folder)).encode()
        for mark in marks:
            for encoding in ENCODINGS:
                try:
                    encoded = mark.encode(encoding)
                except UnicodeEncodeError:
                    continue
                if encoded in data or encoded.lower() in data:
                    found.append(f"{mark} as {encoding} in {path.name}")
    return found
