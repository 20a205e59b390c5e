"""A fault of ours, told to a person, and kept for whoever repairs it, without a word about the patient.

The text of an unexpected exception may quote a header (a name, a birth date), so it is not kept: the
kind of the exception and the lines of code it passed through are enough to find the fault.
"""

from __future__ import annotations

import platform
import traceback
from datetime import UTC, datetime
from pathlib import Path

from lianyi import __version__
from lianyi.lungct.domain.errors import LianyiError
from lianyi.settings import Language


def describe_fault(fault: BaseException) -> str:
    """Give the exception's kind and the code it passed through, causes first; no values, no messages but our own."""
    parts: list[str] = []
    current: BaseException | None = fault
    while current is not None:
        said = f": {current}" if isinstance(current, LianyiError) else ""
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{type(current).__module__}.{type(current).__qualname__}{said}\n{frames}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nled to\n\n".join(reversed(parts))


def write_fault(fault: BaseException, folder: Path) -> Path | None:
    """Write ``fault.txt`` into *folder*; give its path, or None where even that cannot be written."""
    text = (
        f"lianyi {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{datetime.now(UTC).isoformat(timespec='seconds')}\n\n{describe_fault(fault)}"
    )
    path = folder / "fault.txt"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return path


def tell_fault(fault: BaseException, where: Path | None, language: Language) -> str:
    """Tell a person that nothing was screened, and what to do."""
    kind = type(fault).__name__
    if isinstance(fault, OSError) and fault.strerror:
        kind = f"{kind}, {fault.strerror}"
    if language == "zh":
        kept = (
            f"请把 {where}（不含患者信息）交给技术支持。"
            if where
            else "出错记录也无法写入，请检查磁盘空间和文件夹权限。"
        )
        return f"未能完成：程序出错（{kind}）。本次没有任何初筛结果，请照常阅片。{kept}"
    kept = (
        f"Give {where} to your support (it holds no patient data)."
        if where
        else "Not even a record of it could be written: check the disk and the folder's permissions."
    )
    return f"Failed: a fault in the program ({kind}). Nothing was screened; read the study as usual. {kept}"
