"""What an operator may set: by environment variable, ``LIANYI_`` in front, or not at all.

The clinical engine never reads this; :mod:`lianyi.kit` turns it into a kit, and the command line hands the kit in.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from lianyi.lungct.domain.errors import Misconfigured

Language = Literal["zh", "en"]
DetectorName = Literal["learned", "classical"]
PointName = Literal["sensitive", "balanced", "specific", "all"]
Precision = Literal["auto", "f32", "bf16"]


class Settings(BaseSettings):
    """The operator's choices.  Frozen: nothing changes while a chest is screened.

    Attributes:
        language: of the report and of the sentences on the terminal, unless asked for otherwise.
        detector: "learned" or "classical", and no other in its place; None: the learned one where this
            installation has its weights, the classical one where its runtime cannot be loaded (the report says so).
        precision: the learned detector computes in; "auto": bfloat16 where the processor has it.
        threads: the learned detector computes with; None: as many as there are processors.
        operating_point: which of the detector's operating points; "all" is for evaluation.
        operating_point_name: how the report calls the threshold; None: the operating point's name, or "custom"
            when the numbers are not its own.
        operating_point_probability: marks at or above it are reported, 0 to 1; None: the operating point's.
        max_marks: at most so many marks a chest, best first, never over 20; None: the operating point's.
        unconfirmed_rules: whether rules that were not read in their original are shown too, marked as unconfirmed.
    """

    model_config = SettingsConfigDict(env_prefix="LIANYI_", frozen=True, extra="forbid")

    language: Language = "zh"
    detector: DetectorName | None = None
    precision: Precision = "auto"
    threads: int | None = Field(default=None, ge=1, le=256)
    operating_point: PointName = "balanced"
    operating_point_name: str | None = Field(default=None, min_length=1)
    operating_point_probability: float | None = Field(default=None, ge=0.0, le=1.0)
    max_marks: int | None = Field(default=None, ge=1, le=20)
    unconfirmed_rules: bool = False


def read_settings() -> Settings:
    """Give the settings of this process's environment.

    Raises:
        Misconfigured: a variable holds something it must not; names the variables, not their values.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(
            f"LIANYI_{'_'.join(str(part) for part in fault['loc']).upper()} ({fault['msg']})"
            for fault in error.errors(include_input=False)
        )
        raise Misconfigured(
            zh="设置有误，请改正环境变量后重试。", en=f"Settings are wrong; correct and try again: {wrong}"
        ) from None
