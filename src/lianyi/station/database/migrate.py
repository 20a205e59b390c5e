"""Bring a database to this version's schema; the steps are shipped inside the package."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from lianyi.lungct.domain.errors import Misconfigured

STEPS = Path(__file__).parent / "migrations"


def migrate(engine: sa.Engine) -> None:
    """Run the steps that are missing, each whole or not at all.

    Raises:
        Misconfigured: the database was written by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise Misconfigured(
                zh="数据库由更新版本的软件写成，本版本不能使用；请安装更新的版本，或恢复升级前的备份。",
                en="the database was written by a newer version; install that one, or restore the backup from before.",
            ) from None


def revision_of(engine: sa.Engine) -> str | None:
    """Give the schema's revision, None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Give the revision that this version writes."""
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    return ScriptDirectory.from_config(config).get_current_head()
