"""The bureau of the journeys, and two ways of looking into it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.journeys.bureau import World, bureau_template, world

__all__ = ["bureau_template", "world"]


@pytest.fixture
def connection(world: World) -> Iterator[sa.Connection]:
    """A transaction on the bureau's database that is thrown away."""
    with world.engine.connect() as connection:
        yield connection
