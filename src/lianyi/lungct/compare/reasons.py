"""Why a nodule is called what it is called: sentences for the doctor who compares the images."""

from __future__ import annotations

from lianyi.lungct.domain.words import Sentence

LOOKED_THEN = Sentence(
    "既往 CT 未达工作点，配准后在该处再看测得：请对照图像",
    "not marked then; measured by looking again at its place: compare the images",
)
LOOKED_NOW = Sentence(
    "本次 CT 未达工作点，配准后在该处再看测得：请对照图像",
    "not marked now; measured by looking again at its place: compare the images",
)
NEW = Sentence(
    "既往 CT 扫到了该处，没有标出，在该处再看也没有测得结节",
    "the prior CT shows the place; nothing was marked there, and looking again found nothing",
)
GONE = Sentence(
    "本次 CT 扫到了该处，没有标出，在该处再看也没有测得结节",
    "the current CT shows the place; nothing was marked there, and looking again found nothing",
)
UNSEEN_THEN = Sentence(
    "既往 CT 没有扫到该处，或该处不是含气的肺：不能判断是否新发",
    "the prior CT does not show the place, or no aerated lung there: whether it is new cannot be told",
)
UNSEEN_NOW = Sentence(
    "本次 CT 没有扫到该处，或该处不是含气的肺：不能判断是否消失",
    "the current CT does not show the place, or no aerated lung there: whether it is gone cannot be told",
)
HIDDEN_THEN = Sentence(
    "既往 CT 层厚较大或未注明，可能显示不出这样大小的结节：不能判断是否新发",
    "the slices then are thick or of unknown thickness and may hide this size: whether it is new cannot be told",
)
HIDDEN_NOW = Sentence(
    "本次 CT 层厚较大或未注明，可能显示不出这样大小的结节：不能判断是否消失",
    "the slices now are thick or of unknown thickness and may hide this size: whether it is gone cannot be told",
)
UNCERTAIN = Sentence(
    "数值达到增大的定义，但变化在测量误差之内，不能确定",
    "the numbers meet a definition of growth, but the change is within the measuring error",
)


def too_uncertain(error_mm: float) -> Sentence:
    """Say that the diameters are too uncertain to tell growth; *error_mm* is half a 95 % interval of the change."""
    return Sentence(
        f"误差 ±{error_mm:.1f} mm 大于增大的界限，不能判断是否增大或缩小",
        f"the error of ±{error_mm:.1f} mm exceeds what defines growth: whether it grew or shrank cannot be told",
    )
