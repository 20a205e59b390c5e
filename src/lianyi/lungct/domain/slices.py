"""What a stack of slices covers."""

from __future__ import annotations

_PRINTED_MM = 0.015
_PRINTED_SHARE = 0.02
"""A step that exceeds the thickness by less than this is a matter of printing, not a gap."""


def share_between_slices(*, step_mm: float, thickness_mm: float | None) -> float:
    """Give the share of the body that lies between slices and was not scanned; 0 when they meet or overlap.

    Args:
        step_mm: distance of slice planes, along their normal.
        thickness_mm: nominal thickness; None when the header has none, and then nothing is claimed.
    """
    if thickness_mm is None or step_mm <= thickness_mm + max(_PRINTED_MM, _PRINTED_SHARE * thickness_mm):
        return 0.0
    return 1 - thickness_mm / step_mm
