"""``provenance.json``: from what, by what, with what settings and how long, so that a run can be repeated."""

from __future__ import annotations

import json
from pathlib import Path

from lianyi.lungct.domain.outcome import Outcome, Refused, Screened
from lianyi.lungct.report.record import RunRecord


def provenance_text(
    outcome: Outcome | None, *, record: RunRecord, timing_s: dict[str, float], documents: dict[str, str]
) -> str:
    """Give the document as JSON.

    Args:
        outcome: None when the run failed.
        record: of the run.
        timing_s: seconds by stage, at the end.
        documents: SHA-256 of each file written, by its path in the folder.
    """
    series = outcome.series if outcome else None
    before = outcome.files if isinstance(outcome, Refused) else ()
    inputs = series.files if series else before
    detector, point = (outcome.detector, outcome.operating_point) if isinstance(outcome, Screened) else (None, None)
    value: dict[str, object] = {
        "schema": "lianyi.provenance/1",
        "software": record.software,
        "versions": record.versions,
        "started": record.started.isoformat(),
        "detector": None
        if detector is None
        else {"name": detector.name, "version": detector.version, "sha256": detector.sha256},
        "operating_point": None
        if point is None
        else {"name": point.name, "probability": point.probability, "max_marks": point.max_marks},
        "evidence": {str(nodule.id): nodule.evidence for nodule in outcome.nodules}
        if isinstance(outcome, Screened)
        else {},
        "settings": record.settings,
        "inputs": [{"path": Path(file.path).as_posix(), "sha256": file.sha256, "bytes": file.bytes} for file in inputs],
        "documents": documents,
        "timing_s": timing_s,
    }
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
