"""``lianyi status``: how the station is, whether it runs or not."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lianyi.cli.exits import Exit
from lianyi.cli.serve import ConfigFile
from lianyi.cli.terminal import console_for
from lianyi.lungct.domain.errors import Misconfigured

if TYPE_CHECKING:
    from lianyi.station.status import Status

STATES = {
    "queued": "排队",
    "running": "进行中",
    "finished": "已完成",
    "set aside": "搁置",
    "skipped": "已被取代",
    "waiting": "等待",
    "delivered": "已送达",
    "failed": "失败",
    "screened": "已初筛",
    "partly": "部分初筛",
    "refused": "拒绝",
}


def status(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 打印。 Print as JSON.")] = False,  # noqa: FBT002 -- a flag
) -> None:
    """工作站的队列、结果、送达、磁盘。 The station's queue, results, deliveries and disk."""
    # The station's libraries take a second to import: --help must not wait for them.
    from lianyi.station.config import read_config  # noqa: PLC0415 -- see above
    from lianyi.station.status import read_status  # noqa: PLC0415 -- see above

    try:
        told = read_status(read_config(config))
    except Misconfigured as error:
        console_for(sys.stderr).print(f"{error.zh}\n{error.en}")
        raise typer.Exit(Exit.USAGE) from None
    console = console_for(sys.stdout)
    if as_json:
        console.print(json.dumps(told.as_json(), ensure_ascii=False, indent=2, default=str))
        return
    console.print("\n".join(lines_of(told)))


def lines_of(told: Status) -> list[str]:
    """Say it in lines of both languages."""
    lines = [
        "运行中 running" if told.is_running else "未运行 not running",
        f"检查 studies: {told.studies}（未收全 incomplete {told.incomplete_studies}）",
        f"实例 instances: {told.instances}, {told.instance_bytes / 1e6:.1f} MB",
        f"初筛 screenings: {_counts(told.screenings)}；其中被取代 superseded {told.superseded}",
        f"结果 outcomes: {_counts(told.outcomes)}",
    ]
    lines += [f"送往 to {name}: {_counts(states)}" for name, states in sorted(told.deliveries.items())]
    for trouble in told.troubles:
        again = f"，下次 next {trouble.next_try_at:%Y-%m-%d %H:%M:%S} UTC" if trouble.next_try_at else ""
        lines.append(
            f"! {trouble.what} {trouble.number}: {STATES.get(trouble.state, '')} {trouble.state}，"
            f"尝试 attempts {trouble.attempts}{again}：{trouble.reason_zh} {trouble.reason_en}"
        )
    lines += [f"未收 not kept: {one['peer']}: {one['reason']} × {one['count']}" for one in told.rejections]
    low = "  ! 磁盘将满，已停止接收 the disk is nearly full, nothing is received"
    is_low = told.disk_free_bytes < told.disk_low_bytes
    lines.append(f"磁盘 disk: {told.disk_free_bytes / 1e9:.1f} GB free{low if is_low else ''}")
    return lines


def _counts(states: dict[str, int]) -> str:
    told = (f"{STATES.get(state, '')} {state} {many}".strip() for state, many in sorted(states.items()))
    return "，".join(told) or "0"
