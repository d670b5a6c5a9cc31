"""Uploads whose form was never finished are removed after a week; nothing that a matter names ever is."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.casework.attachment_sweep import KEPT, sweep
from engine.casework.attachments import Store, Stored, Upload, attach
from tests.journeys.bureau import World

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "attachments")


def upload(words: str) -> Upload:
    return Upload("说明.txt", words.encode())


def put(store: Store, words: str, *, age: timedelta) -> Stored:
    """Keep an upload as one that was made so long before NOW."""
    stored = store.put(upload(words))
    moment = (NOW - age).timestamp()
    os.utime(store.path(stored.hash), (moment, moment))
    return stored


def named(world: World, stored: Stored) -> None:
    number = world.register("幸福路乱停车").number
    with world.engine.begin() as connection:
        attach(connection, world.matter(number)["id"], [stored], actor="system")


def files(store: Store) -> list[str]:
    return sorted(path.parent.name + path.name for path in store.root.rglob("*") if path.is_file())


def test_only_what_nobody_has_named_for_a_week_is_removed(world: World, store: Store) -> None:
    kept = [put(store, "新的", age=KEPT - MINUTE), put(store, "附在事项上的", age=KEPT * 50)]
    named(world, kept[1])
    gone = [put(store, f"没人要的 {number}", age=KEPT + MINUTE) for number in range(3)]
    assert sweep(world.engine, store, now=NOW) == len(gone)
    assert files(store) == sorted(one.hash for one in kept)
    assert sweep(world.engine, store, now=NOW) == 0


def test_what_is_taken_up_again_is_kept_for_another_while(world: World, store: Store) -> None:
    again, opened = put(store, "再传一次", age=KEPT * 2), put(store, "表单还开着", age=KEPT * 2)
    store.put(upload("再传一次"))
    assert store.touch(opened.hash)
    assert not store.touch("0" * 64)
    assert sweep(world.engine, store, now=datetime.now(UTC)) == 0
    assert files(store) == sorted([again.hash, opened.hash])


def test_what_is_named_while_it_is_swept_is_put_back(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the removal, one is named, and one is taken up by a form that will name it."""
    first, second, third = (put(store, words, age=KEPT * 2) for words in ("甲", "乙", "丙"))
    replace = Path.replace
    busy = {
        store.path(first.hash): lambda: named(world, first),
        store.path(second.hash): lambda: store.touch(second.hash),
    }

    def meanwhile(path: Path, target: Path) -> Path:
        busy.pop(path, lambda: None)()
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", meanwhile)
    assert sweep(world.engine, store, now=NOW) == 1
    assert busy == {}
    assert files(store) == sorted([first.hash, second.hash])
    assert not store.touch(third.hash)


def test_what_a_crash_left_half_written_goes_too(world: World, store: Store) -> None:
    whole = put(store, "完整的", age=MINUTE)
    for age in (KEPT * 2, MINUTE):
        draft = store.path(whole.hash).with_name(f".draft.{age.days}")
        draft.write_bytes(b"half")
        moment = (NOW - age).timestamp()
        os.utime(draft, (moment, moment))
    assert sweep(world.engine, store, now=NOW) == 0
    assert len(files(store)) == 2
    assert sweep(world.engine, Store(store.root / "nothing"), now=NOW) == 0
