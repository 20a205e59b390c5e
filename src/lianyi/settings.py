"""What an operator may set: by environment variable, ``LIANYI_`` in front, or not at all.

The clinical engine never reads this; :mod:`lianyi.kit` turns it into a kit, and the command line hands the kit in.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from lianyi.lungct.domain.errors import Misconfigured

Language = Literal["zh", "en"]


class Settings(BaseSettings):
    """The operator's choices.  Frozen: nothing changes while a chest is screened.

    Attributes:
        language: of the report and of the sentences on the terminal, unless asked for otherwise.
        operating_point_name: how the report calls the threshold.
        operating_point_probability: marks at or above it are reported; 0 to 1.
        max_marks: at most so many marks a chest, best first.
    """

    model_config = SettingsConfigDict(env_prefix="LIANYI_", frozen=True, extra="forbid")

    language: Language = "zh"
    operating_point_name: str = Field(default="balanced", min_length=1)
    operating_point_probability: float = Field(default=0.5, ge=0.0, le=1.0)
    max_marks: int = Field(default=20, ge=1, le=100)


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
            f"设置有误，请改正环境变量后重试。 Settings are wrong; correct and try again: {wrong}"
        ) from None
