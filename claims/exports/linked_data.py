"""The JSON Schemas of linked data, as components of the OpenAPI document."""

from pathlib import Path
from typing import Any

import yaml


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of drf-spectacular. It follows those that change what serializers made: these are as they should be."""
    written = Path(__file__).with_suffix(".yaml").read_text()
    result["components"]["schemas"] |= yaml.safe_load(written)
    return result
