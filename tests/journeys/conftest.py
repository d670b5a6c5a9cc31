"""Journeys happen in the bureau."""

from tests.journeys.bureau import bureau_template, world

__all__ = ["bureau_template", "world"]
