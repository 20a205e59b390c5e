"""Draw the README's picture from the demo's report: `make demo`, then `python tools/make_first_look.py`.

The pages of report.pdf side by side, as they print.  Needs the test dependencies.
"""

from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

REPOSITORY = Path(__file__).resolve().parents[1]
REPORT = REPOSITORY / "demo" / "report" / "report.pdf"
PICTURE = REPOSITORY / "docs" / "images" / "first-look.png"
DOTS_PER_INCH = 100
GAP = 16
PAPER, DESK = "white", "#e9edee"


def main() -> None:
    """Write the picture."""
    document = pypdfium2.PdfDocument(REPORT)
    pages = [
        ImageOps.expand(document[number].render(scale=DOTS_PER_INCH / 72).to_pil().convert("RGB"), GAP, DESK)
        for number in range(min(2, len(document)))
    ]
    width, height = sum(page.width for page in pages), max(page.height for page in pages)
    picture = Image.new("RGB", (width, height), PAPER)
    left = 0
    for page in pages:
        picture.paste(page, (left, 0))
        left += page.width
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(128, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
