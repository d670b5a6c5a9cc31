"""Journeys happen in the bureau, and what of its diagrams they walk is noted."""

import pytest

from tests.journeys.bureau import bureau_template, world

__all__ = ["bureau_template", "world"]


@pytest.fixture(autouse=True)
def _noted(watched_tokens: None) -> None:
    """Every journey counts."""
