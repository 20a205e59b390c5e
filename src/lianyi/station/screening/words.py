"""Why a screening broke down, in one clause of each language."""

from __future__ import annotations

import signal

from lianyi.station.config import Screening
from lianyi.station.screening.command import Ended

_STATUS_OF_FAULT = 4  # `lianyi screen --help`: a fault of ours
_STATUS_OF_USAGE = 2


def reason_of(ended: Ended | None, limits: Screening) -> tuple[str, str]:
    """Give the reason in Chinese and English."""
    if ended is None or ended.status == 0:
        return ("没有写出结果", "it wrote no result")
    if ended.is_out_of_time:
        return (f"超过 {limits.timeout_s:.0f} 秒仍未结束", f"it took longer than {limits.timeout_s:.0f} s")
    if ended.status == _STATUS_OF_FAULT:
        return ("程序出错", "a fault in the program")
    if ended.status == _STATUS_OF_USAGE:
        return ("设置或安装有误", "settings or installation are wrong")
    if ended.status < 0:
        name = signal.Signals(-ended.status).name
        return (
            f"程序被系统终止（{name}），可能内存不足（上限 {limits.memory_mb} MB）",
            f"it was ended by the system ({name}), perhaps for want of memory (limit {limits.memory_mb} MB)",
        )
    return (f"程序异常退出（状态 {ended.status}）", f"it ended with status {ended.status}")
