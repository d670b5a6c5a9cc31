"""Removes uploads whose form was never finished: contents in the store that no attachment names, after a week.

A form that is still open may finish at any moment. Whoever takes an upload up touches it first (``Store.touch``), so a
content is put aside before it is looked at for the last time: touched meanwhile, or named, it is put back; and whoever
comes after finds it gone and is asked for the file again.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from engine.casework.attachments import Store

KEPT: Final = timedelta(days=7)
"""How long an upload waits for its form."""

BATCH: Final = 500
NAMED: Final = text("select hash from attachment where hash = any(:hashes)")


def sweep(engine: Engine, store: Store, *, now: datetime) -> int:
    """Remove what nobody has taken up for a week; return how many contents.

    ``now`` is the time of the machine that keeps the files, for the age of a file is told by that.
    """
    removed, before = 0, (now - KEPT).timestamp()
    older = _older(store.root, before)
    while paths := list(islice(older, BATCH)):
        drafts = [path for path in paths if path.name.startswith(".")]  # a crash broke off their writing, or this
        for draft in drafts:
            draft.unlink(missing_ok=True)
        whole = {path.parent.name + path.name: path for path in paths if path not in drafts}
        for digest in sorted(whole.keys() - _named(engine, whole)):
            removed += _remove(engine, whole[digest], digest, before)
    return removed


def _older(root: Path, before: float) -> Iterator[Path]:
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]")):
        with os.scandir(folder) as entries:
            yield from sorted(Path(one.path) for one in entries if one.is_file() and one.stat().st_mtime < before)


def _named(engine: Engine, digests: Iterable[str]) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(NAMED, {"hashes": sorted(digests)}).scalars())


def _remove(engine: Engine, path: Path, digest: str, before: float) -> bool:
    aside = path.with_name(f".{path.name}.swept")
    try:
        path.replace(aside)
    except FileNotFoundError:  # another machine sweeps the same folder
        return False
    if aside.stat().st_mtime >= before or _named(engine, [digest]):
        aside.replace(path)
        return False
    aside.unlink()
    return True
