"""``[[destinations]]`` of ``station.toml``, read with errors that name the key and not its value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lianyi.lungct.domain.errors import Misconfigured
from lianyi.station.destinations.config import Destination

_MANY: TypeAdapter[tuple[Destination, ...]] = TypeAdapter(tuple[Destination, ...])


def read_destinations(path: Path) -> tuple[Destination, ...]:
    """Give the destinations of a settings file, in its order; other tables of the file are passed over.

    Raises:
        Misconfigured: the file cannot be read, is no TOML, or a destination is wrong; says which key of which.
    """
    return destinations_of(_toml(path).get("destinations", []), path.name)


def destinations_of(tables: Any, file_name: str) -> tuple[Destination, ...]:  # noqa: ANN401 -- whatever the file holds
    """Give the destinations that the tables of a parsed file describe.

    Raises:
        Misconfigured: as :func:`read_destinations`.
    """
    try:
        destinations = _MANY.validate_python(tables)
    except ValidationError as error:
        wrong = "; ".join(_said(fault, tables) for fault in error.errors(include_input=False, include_url=False))
        raise _wrong(file_name, wrong) from None
    names = [destination.name for destination in destinations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _wrong(file_name, f"名称重复 name used twice: {', '.join(twice)}")
    return destinations


def _said(fault: Any, tables: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails, and whatever the file holds
    """Name the destination and the key of one fault, as a person counts."""
    place = fault["loc"]
    kinds = {"dicom", "stow", "folder", "hl7", "fhir"}
    key = ".".join(str(part) for part in place[1:] if part not in kinds) or "kind"
    which = str(place[0] + 1) if place and isinstance(place[0], int) else ""
    if which and isinstance(tables, list) and isinstance(tables[place[0]], dict):
        which = str(tables[place[0]].get("name", which))
    return f"[{which}] {key}: {fault['msg'].removeprefix('Value error, ')}"


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            zh=f"无法读取设置文件 {path}；请检查路径和权限（须为 UTF-8）。",
            en=f"The settings file {path} cannot be read ({type(error).__name__}): check its path, "
            "permissions and that it is UTF-8.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path.name, f"TOML: {error}") from None


def _wrong(file_name: str, what: str) -> Misconfigured:
    return Misconfigured(
        zh=f"{file_name} 中的 destinations 有误，请改正后重试：{what}",
        en=f"The destinations in {file_name} are wrong; correct and try again: {what}",
    )
