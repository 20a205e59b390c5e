"""JSON Schemas as they are shipped: sorted, readable, of draft 2020-12."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel


def schema_of(model: type[BaseModel], *, mode: Literal["validation", "serialization"]) -> str:
    """Give the JSON Schema of a document."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(mode=mode)}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
