"""Which form a task is finished with: the deployed one, or for a manual task without any a plain one."""

import json
from typing import Final

from engine.runtime import Definition

PLAIN: Final = json.dumps(
    {
        "type": "default",
        "id": "plain",
        "schemaVersion": 18,
        "components": [
            {
                "type": "textarea",
                "id": "field_note",
                "key": "note",
                "label": "说明",
                "description": "选填。",
                "validate": {"maxLength": 2000},
            }
        ],
    }
).encode()
"""The form of a manual task whose deployment has none: done, with an optional note, which goes into the history."""


def is_plain(definition: Definition, form_key: str) -> bool:
    """Say whether a manual task's form is not among the deployed ones, so that the plain one stands in for it."""
    if form_key in definition.forms:
        return False
    steps = (step for key in definition.processes for step in definition.steps(key))
    return any(step.form_optional for step in steps if step.form_key == form_key)


def form_of(definition: Definition, form_key: str) -> bytes:
    """Return the form a task is finished with. Raises NotFound when it needs one that is not there."""
    return PLAIN if is_plain(definition, form_key) else definition.form(form_key)
