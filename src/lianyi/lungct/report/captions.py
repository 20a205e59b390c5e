"""Key images with their caption in the picture: for viewers that show a picture and nothing beside it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw

from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.report.canvas import MARK, MARK_INK, font
from lianyi.lungct.report.sheet import GROUND, INK, LANGUAGE, QUIET, WORDS
from lianyi.lungct.report.summary import nodule_lines

_BAR_PX, _EDGE_PX, _BOX_PX = 118, 12, 46
_PNG_LEVEL = 1


def captioned(key_image: bytes, nodule: Nodule, outcome: Screened) -> bytes:
    """Put number, size, density, place and "not yet reviewed" above a key image.

    Args:
        key_image: PNG.
        nodule: which it shows.
        outcome: that it belongs to.

    Returns:
        PNG.
    """
    with Image.open(BytesIO(key_image)) as opened:
        picture = opened.convert("RGB")
    page = Image.new("RGB", (picture.width, picture.height + _BAR_PX), GROUND)
    page.paste(picture, (0, _BAR_PX))
    draw = ImageDraw.Draw(page)
    head, rest = nodule_lines(nodule, outcome)
    box = (_EDGE_PX, _EDGE_PX, _EDGE_PX + _BOX_PX, _EDGE_PX + _BOX_PX)
    draw.rectangle(box, fill=MARK)
    middle = _EDGE_PX + _BOX_PX / 2
    draw.text((middle, middle), str(nodule.id), font=font(30, "bold"), fill=MARK_INK, anchor="mm")
    left = _EDGE_PX * 2 + _BOX_PX
    draw.text((left, 6), head, font=font(32, "bold"), fill=INK, language=LANGUAGE)
    draw.text((left, 50), rest, font=font(21), fill=INK, language=LANGUAGE)
    waiting = f"{WORDS['awaiting'][0]}　{WORDS['awaiting'][1]}"
    draw.text((left, 82), waiting, font=font(19), fill=QUIET, language=LANGUAGE)
    buffer = BytesIO()
    page.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()
