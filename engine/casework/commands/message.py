"""Send a message to the process of a matter."""

from collections.abc import Mapping
from typing import Any

from engine.casework.history import SYSTEM
from engine.runtime import Runtime


def message(runtime: Runtime, number: str, name: str, payload: Mapping[str, Any], *, actor: str = SYSTEM) -> bool:
    """Wake what waits for ``name`` in the process of the matter with this number; False when nothing waits for it."""
    return runtime.message(number, name, payload, actor=actor)
