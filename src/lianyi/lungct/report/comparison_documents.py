"""Write comparison.json and comparison.html: two CTs side by side, or why there is no comparison."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from lianyi.lungct.domain.errors import Refusal
from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.growth import Compared
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.canvas import Ring, draw_label, draw_ring, draw_scale, film, lung_window
from lianyi.lungct.report.comparison import (
    Comparison,
    RefusalPart,
    Refuser,
    SentencePart,
    ct_part,
    growth_parts,
    sentences,
)
from lianyi.lungct.report.comparison_page import ComparisonPage, comparison_page, refused_page
from lianyi.lungct.report.figures import moment
from lianyi.lungct.report.findings import MOST_PICTURED
from lianyi.lungct.report.html import comparison_html
from lianyi.lungct.report.key_images import AXIAL_PX, SlicePlace, axial_view, slice_place
from lianyi.lungct.report.record import RunRecord
from lianyi.lungct.report.wording import Language, pick

Finish = Callable[[], dict[str, float]]
_FIELD_MM = 70.0
_RING_CLEAR_MM = 4.0
_JPEG_QUALITY = 90


def write_comparison(  # noqa: PLR0913 -- both chests, and what every writer of documents takes
    current: Screened, prior: Screened, folder: Path, *, record: RunRecord, language: Language, finish: Finish
) -> Comparison:
    """Write both documents of a pair that was compared.

    Raises:
        ValueError: *current* holds no comparison.
    """
    compared = current.compared
    if compared is None:
        raise ValueError("this CT was not compared")
    page = comparison_page(current, prior, compared, language, moment(record.started))
    _write_page(folder, page, dict(_pictures(current, prior, compared)))
    nodules, unmarked = growth_parts(current, prior, compared)
    document = Comparison(
        outcome="compared",
        refusal=None,
        prior=ct_part(prior),
        current=ct_part(current),
        days=compared.days,
        registration_mm=compared.registration_mm,
        not_compared=sentences(compared.not_compared),
        cautions=sentences(compared.cautions),
        nodules=nodules,
        unmarked=unmarked,
        software=record.software,
        started=record.started.isoformat(),
        timing_s=finish(),
    )
    return _write_json(folder, document)


def write_not_compared(  # noqa: PLR0913 -- why, and what every writer of documents takes
    reason: Refusal, of: Refuser, folder: Path, *, record: RunRecord, language: Language, finish: Finish
) -> Comparison:
    """Write both documents of a pair that must not be compared."""
    sentence = pick((reason.zh, reason.en), language)
    _write_page(folder, refused_page(sentence, reason.code.value, language, moment(record.started)), {})
    document = Comparison(
        outcome="refused",
        refusal=RefusalPart(of=of, code=reason.code.value, message=SentencePart(zh=reason.zh, en=reason.en)),
        prior=None,
        current=None,
        days=None,
        registration_mm=None,
        not_compared=[],
        cautions=[],
        nodules=[],
        unmarked=[],
        software=record.software,
        started=record.started.isoformat(),
        timing_s=finish(),
    )
    return _write_json(folder, document)


def _write_page(folder: Path, page: ComparisonPage, pictures: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    inline = {file: f"data:image/jpeg;base64,{b64encode(data).decode('ascii')}" for file, data in pictures.items()}
    (folder / "comparison.html").write_text(comparison_html(page, inline), encoding="utf-8")


def _write_json(folder: Path, document: Comparison) -> Comparison:
    (folder / "comparison.json").write_text(document.to_json(), encoding="utf-8")
    return document


def _pictures(current: Screened, prior: Screened, compared: Compared) -> Iterator[tuple[str, bytes]]:
    """Render the slices of then and now for the first marks, and for what is no longer marked."""
    for nodule in current.nodules[:MOST_PICTURED]:
        growth = compared.growth[nodule.id]
        yield f"nodule-{nodule.id:02d}-now.jpg", _view(current, nodule, None)
        if growth.prior is not None or growth.change == "new":
            yield f"nodule-{nodule.id:02d}-then.jpg", _view(prior, growth.prior, growth.prior_place)
    for n, one in enumerate(compared.unmarked[:MOST_PICTURED], start=1):
        yield f"unmarked-{n:02d}-then.jpg", _view(prior, one.prior, None)
        if one.current is not None or one.growth.change == "gone":
            yield f"unmarked-{n:02d}-now.jpg", _view(current, one.current, one.place)


def _view(chest: Screened, nodule: Nodule | None, place: PatientPoint | None) -> bytes:
    """Draw a nodule ringed, or without a nodule the place where it would lie, dashed."""
    if nodule is not None:
        at, reach_mm = slice_place(chest.volume, nodule), nodule.long_axis_mm / 2
    else:
        assert place is not None
        on_grid = chest.volume.grid.locate(place)
        k = min(max(round(on_grid.k), 0), chest.volume.grid.shape[0] - 1)
        at, reach_mm = SlicePlace(k=k, j=on_grid.j, i=on_grid.i), _RING_CLEAR_MM
    picture = film(lung_window(axial_view(chest.volume, at, field_mm=_FIELD_MM)))
    radius_px = (reach_mm + _RING_CLEAR_MM) * AXIAL_PX / _FIELD_MM
    draw_ring(picture, Ring(x=AXIAL_PX / 2, y=AXIAL_PX / 2, radius=radius_px, line=3.6, is_dashed=nodule is None))
    image = Image.fromarray(picture)
    draw_label(image, f"{chest.volume.instances[at.k][1]}", at=(14, 10), anchor="la", size=29)
    draw_label(image, "R", at=(14, AXIAL_PX / 2), anchor="lm", size=26)
    draw_scale(image, mm_per_pixel=_FIELD_MM / AXIAL_PX)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
