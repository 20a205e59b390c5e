"""Is this machine fit to screen?  Each check is one function that tries the thing itself.

A check says what it found in both languages; an unfit one says what to do.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from lianyi.doctor.codecs import SLICES, decode_each
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import DetectorName

# One for each runtime dependency, by the name it is imported under; OpenVINO is tried where it detects.
MODULES = (
    "pydicom",
    "jpeg_ls",
    "pylibjpeg",
    "openjpeg",
    "gdcm",
    "numpy",
    "scipy",
    "SimpleITK",
    "edt",
    "cc3d",
    "fill_voids",
    "jinja2",
    "typst",
    "PIL",
    "pydantic",
    "pydantic_settings",
    "typer",
    "rich",
)
# Peak memory of a chest is at most 3 GiB (the project's own bound); the system needs some beside it.
_MEMORY_GIB = 4.0
# A report with its pictures takes some 20 MB; an unpacked archive of 400 slices some 250 MB.
_DISK_GIB = 1.0
_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was tried.

    Attributes:
        name: short, English, stable; for scripts.
        is_fit: whether screening works as far as this check can tell.
        zh: what was found and, when unfit, what to do.
        en: the same in English.
    """

    name: str
    is_fit: bool
    zh: str
    en: str


def examine(out: Path, *, detector: DetectorName | None = None) -> Iterator[Check]:
    """Try everything that screening needs, one check after another.

    Args:
        out: where reports would be written.
        detector: as set; None: as shipped.
    """
    yield check_python()
    yield check_libraries()
    yield check_codecs()
    yield check_detector(detector)
    yield check_pdf()
    yield check_folder("temporary folder", Path(tempfile.gettempdir()), zh="临时文件夹")
    yield check_folder("output folder", out, zh="输出文件夹")
    yield check_memory()
    yield check_processors()


def check_python() -> Check:
    """Python 3.11 or newer."""
    version = platform.python_version()
    is_fit = sys.version_info >= (3, 11)
    need_zh, need_en = ("", "") if is_fit else ("；需要 3.11 或更新", "; 3.11 or newer is needed")
    return Check(name="python", is_fit=is_fit, zh=f"Python {version}{need_zh}", en=f"Python {version}{need_en}")


def check_libraries() -> Check:
    """Every library can be loaded on this machine."""
    missing = [name for name in MODULES if not _is_loadable(name)]
    if missing:
        names = ", ".join(missing)
        return Check(
            name="libraries",
            is_fit=False,
            zh=f"无法载入程序库 {names}；请重新安装 lianyi",
            en=f"these libraries cannot be loaded: {names}; install lianyi again",
        )
    return Check(
        name="libraries",
        is_fit=True,
        zh=f"{len(MODULES)} 个程序库均可载入",
        en=f"all {len(MODULES)} libraries can be loaded",
    )


def _is_loadable(module: str) -> bool:
    try:
        import_module(module)
    except (ImportError, OSError):  # OSError: a shared library that is missing or made for another processor
        return False
    return True


def check_codecs() -> Check:
    """Each transfer syntax decodes to the HU that went in."""
    try:
        wrong = {name: said for name, said in decode_each() if said is not None}
    except ImportError as error:
        wrong = {"all": str(error)}
    if wrong:
        told = "; ".join(f"{name}: {said}" for name, said in wrong.items())
        return Check(
            name="transfer syntaxes",
            is_fit=False,
            zh=f"以下传输语法无法解码，请重新安装 lianyi：{told}",
            en=f"these transfer syntaxes do not decode; install lianyi again: {told}",
        )
    names = ", ".join(SLICES)
    return Check(
        name="transfer syntaxes",
        is_fit=True,
        zh=f"传输语法均可解码：{names}",
        en=f"every transfer syntax decodes: {names}",
    )


def check_detector(name: DetectorName | None) -> Check:
    """The detector that would screen finds its weights as they were shipped, and runs."""
    from lianyi.doctor.detecting import try_detector  # noqa: PLC0415 -- what it needs may not be loadable

    try:
        which_zh, which_en = try_detector(name)
    except Exception as fault:  # noqa: BLE001 -- whatever keeps the detector from running is told
        zh, en = (fault.zh, fault.en) if isinstance(fault, Misconfigured) else ("", "")
        said = f"{type(fault).__name__}: {fault}"
        return Check(
            name="detector",
            is_fit=False,
            zh=zh or f"检出器无法运行（{said}）；请重新安装 lianyi",
            en=en or f"the detector does not run ({said}); install lianyi again",
        )
    return Check(name="detector", is_fit=True, zh=f"检出器可以运行：{which_zh}", en=f"the detector runs: {which_en}")


def check_pdf() -> Check:
    """The Chinese fonts are there, and a page can be set with them."""
    try:
        made = _set_page("涟漪结节磨玻璃")
    except Exception as fault:  # noqa: BLE001 -- whatever keeps a page from being set is told
        said = f"{type(fault).__name__}: {fault}"
        return Check(
            name="pdf",
            is_fit=False,
            zh=f"无法生成中文 PDF（{said}）；请重新安装 lianyi",
            en=f"no Chinese PDF can be made ({said}); install lianyi again",
        )
    kib = len(made) / 1024
    return Check(
        name="pdf",
        is_fit=True,
        zh=f"字体齐全，中文 PDF 可生成（{kib:.0f} KiB）",
        en=f"fonts found, a Chinese PDF can be made ({kib:.0f} KiB)",
    )


def _set_page(words: str) -> bytes:
    """Set a one-line page the way a report is set; typst itself would pass over a missing font in silence."""
    from lianyi.lungct.report.fonts import FAMILY, font_file, has_glyph  # noqa: PLC0415 -- it may not be loadable

    fonts = [font_file(weight) for weight in ("regular", "bold")]
    absent = [font.name for font in fonts if not font.is_file()]
    without_glyph = [character for character in words if not has_glyph(character)]
    if absent or without_glyph:
        raise LookupError(f"fonts absent: {absent}, characters absent: {without_glyph}")
    typst = import_module("typst")
    page: bytes = typst.compile(
        f'#set text(font: "{FAMILY}", lang: "zh")\n{words}'.encode(),
        font_paths=[str(font.parent) for font in fonts],
        ignore_system_fonts=True,
    )
    return page


def check_folder(name: str, folder: Path, *, zh: str) -> Check:
    """A file can be written there, and there is room."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0" * 4096)
        free_gib = shutil.disk_usage(folder).free / _GIB
    except OSError as error:
        return Check(
            name=name,
            is_fit=False,
            zh=f"{zh} {folder} 不可写（{error.strerror}）；请检查权限，或换一个文件夹",
            en=f"{name} {folder} cannot be written ({error.strerror}); check its permissions or name another",
        )
    if free_gib < _DISK_GIB:
        return Check(
            name=name,
            is_fit=False,
            zh=f"{zh} {folder} 只剩 {free_gib:.1f} GiB，至少需要 {_DISK_GIB:.0f} GiB；请清理磁盘",
            en=f"{name} {folder} has {free_gib:.1f} GiB left, at least {_DISK_GIB:.0f} GiB is needed; free some disk",
        )
    return Check(
        name=name,
        is_fit=True,
        zh=f"{zh} {folder} 可写，剩余 {free_gib:.0f} GiB",
        en=f"{name} {folder} is writable, {free_gib:.0f} GiB left",
    )


def check_memory() -> Check:
    """Enough memory for one chest and the system beside it."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    is_fit = gib >= _MEMORY_GIB
    need_zh, need_en = (
        ("", "") if is_fit else (f"，至少需要 {_MEMORY_GIB:.0f} GiB", f", at least {_MEMORY_GIB:.0f} is needed")
    )
    return Check(name="memory", is_fit=is_fit, zh=f"内存 {gib:.1f} GiB{need_zh}", en=f"memory {gib:.1f} GiB{need_en}")


def check_processors() -> Check:
    """How many processors this process may use; one is slow, not unfit."""
    count = len(os.sched_getaffinity(0))
    slow_zh, slow_en = ("", "") if count > 1 else ("；可以使用，但较慢", "; it works, slowly")
    return Check(
        name="processors",
        is_fit=True,
        zh=f"可用处理器 {count} 个{slow_zh}",
        en=f"{count} processors may be used{slow_en}",
    )
