"""What a step costs on a case that has been sent back a thousand times, beside one that has just begun.

One case goes from draft to review and back a thousand times. Its last hundred rounds take turns with the first hundred
of a fresh case, so that both meet the same machine and the same caches; the figures are medians in milliseconds. In
``against: first`` the reference is the fresh case: 1.0 says that age costs nothing, 0.67 that a step takes 1.5 times as
long. ``against: naive`` compares a step of our old case with one of plain SpiffWorkflow, which keeps every task there
ever was and so gets through far fewer rounds (``rounds``); ``grown`` is how many times as long a step takes there as at
its beginning. The same is said of the bytes of the stored state.

Run: ``python -m bench.growth [--quick]``.
"""

import argparse
import gc
import json
import statistics
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa

from bench.engine import TABLES, Naive, Ours, quiet, timed
from bench.process import FORMS, PATH
from engine.database import embedded, schema

ROUNDS = 1000
MEASURED = 100  # rounds at either end
ROUND = ("draft", "review")
BEFORE = PATH[: PATH.index("draft")]
SENT_BACK = {"review": FORMS["review"] | {"decision": "reject"}}  # here every draft is


def begun(side: Any, number: int) -> int:
    """Start a case, bring it to its first draft and return it."""
    handle: int = side.start(number)
    for step in BEFORE:
        side.complete(handle, side.find(handle, step), step)
    return handle


def rounds(side: Any, handle: int, count: int) -> None:
    """Send a case back so many times."""
    for _ in range(count):
        for step in ROUND:
            side.complete(handle, side.find(handle, step), step)


def measure(side: Any, count: int, measured: int, size: Callable[[int], int]) -> dict[str, tuple[float, float]]:
    """Send one case back ``count`` times; return its last and a fresh case's first figures.

    Args:
        side: who runs it.
        count: how many rounds the old case goes through in all.
        measured: how many of them, at the end, are measured beside as many of the fresh case.
        size: gives the bytes of a case's stored state.

    Returns:
        ``ms``, the median of a step, and ``bytes``, of the state, each of the old case and of the fresh one.

    """
    old, fresh = begun(side, 1), begun(side, 2)
    small = size(fresh)
    rounds(side, old, count - measured)
    taken: dict[int, list[float]] = {old: [], fresh: []}
    turns = [old, fresh]
    gc.collect()
    gc.disable()
    for _ in range(measured):
        for step in ROUND:
            for handle in turns:
                taken[handle].append(timed(side.complete, handle, side.find(handle, step), step))
        turns.reverse()
    gc.enable()
    medians = {handle: statistics.median(values) * 1000 for handle, values in taken.items()}
    return {"ms": (medians[old], medians[fresh]), "bytes": (size(old), small)}


def agree(engine: sa.Engine, ours: int, naive: int) -> None:
    """Hold both sides to what was asked of them: so many completions each, and one draft waiting in each case."""
    steps = len(BEFORE) * 2
    with engine.connect() as connection:
        done = connection.exec_driver_sql("select count(*) from completion").scalar()
        entries = "select count(*) from bench_history where kind = 'completed'"
        written = connection.exec_driver_sql(entries).scalar()
        waiting = [
            list(connection.exec_driver_sql(f"select step from {table}").scalars())  # noqa: S608 - two names
            for table in ("work_item", "naive_item")
        ]
    assert done == steps + len(ROUND) * ours
    assert written == done + steps + len(ROUND) * naive
    assert waiting == [["draft", "draft"]] * 2


def figures(against: str, unit: str, ours: float, reference: float, **more: Any) -> None:
    """Print one line."""
    digits = 3 if unit == "ms" else None
    line = {"bench": "growth", "against": against, "ours": round(ours, digits), "reference": round(reference, digits)}
    print(json.dumps(line | {"unit": unit, "ratio": round(reference / ours, 2)} | more), flush=True)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description="A step after a thousand returns beside the first.")
    arguments.add_argument("--quick", action="store_true", help="fewer rounds of the naive way, under 50 seconds")
    quick = arguments.parse_args().quick
    few, last = (30, 5) if quick else (100, 10)
    quiet()
    with embedded.temporary() as address:
        engine = sa.create_engine(address)
        schema.upgrade(engine)
        with engine.begin() as connection:
            for statement in TABLES.split(";"):
                connection.exec_driver_sql(statement)

        def stored(table: str) -> Callable[[int], int]:
            def size(handle: int) -> int:
                with engine.connect() as connection:
                    sql = f"select octet_length(state) from {table} where id = %s"  # noqa: S608 - two names
                    return int(connection.exec_driver_sql(sql, (handle,)).scalar_one())

            return size

        plain = sa.make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection, patch.dict(FORMS, SENT_BACK):
            ours = measure(Ours(engine), ROUNDS, MEASURED, stored("instance"))
            naive = measure(Naive(connection), few, last, stored("naive_instance"))
        agree(engine, ROUNDS + MEASURED, few + last)
        engine.dispose()
    for unit in ("ms", "bytes"):
        (old, fresh), (other, before) = ours[unit], naive[unit]
        count = {"n": 2 * MEASURED if unit == "ms" else 1}
        figures("first", unit, old, fresh, rounds=ROUNDS, **count)
        compared = {"ours": ROUNDS, "naive": few}
        grown = {"ours": round(old / fresh, 2), "naive": round(other / before, 2)}
        figures("naive", unit, old, other, rounds=compared, grown=grown, n=2 * last if unit == "ms" else 1)


if __name__ == "__main__":
    main()
