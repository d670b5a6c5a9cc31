"""The bureau of the journeys with an index."""

from tests.engine.casework.text_index.conftest import indexed
from tests.journeys.bureau import bureau_template, world

__all__ = ["bureau_template", "indexed", "world"]
