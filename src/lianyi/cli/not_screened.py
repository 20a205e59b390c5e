"""Write what a screening that broke down must still say.

``python -m lianyi.cli.not_screened STUDY OUT OBJECTS LANGUAGE ZH EN``, for the station, whose screenings run in a
child: one that crashed or ran out of time wrote nothing itself, and the doctor must be told all the same.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Literal

from lianyi import __version__
from lianyi.lungct.dicom import read_study_header
from lianyi.lungct.report import RunRecord, write_failure
from lianyi.lungct.returned import write_returned_failure


def write_not_screened(  # noqa: PLR0913 -- of what, where to, and what is said in which language
    study: Path, folder: Path, objects: Path, *, language: Literal["zh", "en"], zh: str, en: str
) -> None:
    """Write documents that say "failed" and why, then the same as DICOM objects of the study.

    The documents come first: reading the headers may break down by what broke the screening down, and there are no
    objects then.
    """
    record = RunRecord(
        software=f"lianyi {__version__}",
        started=datetime.now().astimezone(),
        timing_s={"total": 0.0},
        settings={"language": language},
        versions={},
        ability=None,
    )
    write_failure(folder, record=record, language=language, sentence_zh=zh, sentence_en=en)
    header = read_study_header([study])
    if header is not None:
        write_returned_failure(header, objects, documents=folder, record=record, sentence_zh=zh, sentence_en=en)


if __name__ == "__main__":
    given, out, returned, wanted, said_zh, said_en = sys.argv[1:]
    write_not_screened(
        Path(given), Path(out), Path(returned), language="en" if wanted == "en" else "zh", zh=said_zh, en=said_en
    )
