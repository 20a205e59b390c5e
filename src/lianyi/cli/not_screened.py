"""Write the documents of a screening that broke down: ``python -m lianyi.cli.not_screened OUT LANGUAGE ZH EN``.

For the station, whose screenings run in a child: one that crashed or ran out of time wrote nothing itself, and the
doctor must be told all the same.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from lianyi import __version__
from lianyi.lungct.report import RunRecord, write_failure


def write_not_screened(folder: Path, *, language: str, zh: str, en: str) -> None:
    """Write findings, report and provenance that say "failed", and the sentence why."""
    record = RunRecord(
        software=f"lianyi {__version__}",
        started=datetime.now().astimezone(),
        timing_s={"total": 0.0},
        settings={},
        versions={},
        ability=None,
    )
    write_failure(folder, record=record, language="en" if language == "en" else "zh", sentence_zh=zh, sentence_en=en)


if __name__ == "__main__":
    out, wanted, said_zh, said_en = sys.argv[1:]
    write_not_screened(Path(out), language=wanted, zh=said_zh, en=said_en)
