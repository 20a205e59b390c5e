"""Passwords and tokens: named by where they are kept, never written in the settings, never logged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lianyi.station.destinations.package import NotDelivered


class Secret(BaseModel):
    """``{ file = "/etc/lianyi/pacs.password" }`` or ``{ env = "PACS_PASSWORD" }``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    file: Path | None = None
    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _keep_it_out_of_the_settings(cls, given: Any) -> Any:  # noqa: ANN401 -- whatever the file holds
        if isinstance(given, str):
            raise ValueError(  # noqa: TRY004 -- pydantic turns a ValueError into its own, a TypeError not
                "密码、令牌不写在设置里：请写 { file = … } 或 { env = … } "
                "a password or token is not written here: give { file = ... } or { env = ... }"
            )
        return given

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("file 与 env 二者选一 give either file or env")
        return self

    def read(self) -> str:
        """Give the secret, without the line end a file has.

        Raises:
            NotDelivered: it cannot be read; says where it was looked for.
        """
        where = f"${self.env}" if self.env else str(self.file)
        found = os.environ.get(self.env, "") if self.env else self._from_file()
        if not found:
            raise NotDelivered(
                zh=f"密码或令牌读不到：{where}；请检查文件、权限或环境变量。",
                en=f"A password or token was not found in {where}: check the file, its permissions or the variable.",
                is_final=True,
            )
        return found

    def _from_file(self) -> str:
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            return ""
