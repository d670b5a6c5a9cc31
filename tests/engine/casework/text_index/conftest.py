"""The bureau of the journeys with an index of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.casework import text_index
from engine.casework.text_index import Follower
from rules.query import parse
from rules.text_index import EVERYTHING, Sought
from tests.journeys.bureau import World, bureau_template, world

__all__ = ["bureau_template", "world"]


class Indexed:
    """A follower of the bureau's index, and what the index finds."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.follower = Follower(world.engine, folder)

    def found(self, typed: str) -> set[str]:
        """The numbers of the matters found, whoever may see them."""
        with self.world.engine.connect() as connection:
            ids = text_index.index_of(connection).ids(Sought(parse(typed), EVERYTHING, EVERYTHING))
        numbers = self.world.column("select number from matter where id = any(:ids)", ids=list(ids))
        assert len(numbers) == len(ids), "a matter that is gone is found"
        return set(numbers)

    def waiting(self) -> int:
        """How many matters have changed that the index has not taken in."""
        with self.world.engine.connect() as connection:
            return text_index.behind(connection, text_index.index_of(connection).watermark).matters


@pytest.fixture
def indexed(world: World, tmp_path: Path) -> Iterator[Indexed]:
    text_index.use_folder(world.engine.url, tmp_path / "index")
    indexed = Indexed(world, tmp_path / "index")
    yield indexed
    indexed.follower.close()
