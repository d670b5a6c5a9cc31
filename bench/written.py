"""How many bytes of state a completed user task writes: ours, and the naive way, on one case of the same process."""

import statistics
from typing import Any

import sqlalchemy as sa

from bench.process import PATH

COLUMNS = {"ours": "instance", "naive": "naive_instance"}


def written(engine: sa.Engine, sides: dict[str, Any], number: int) -> dict[str, Any]:
    """Take one more case of each side through the process and return the figures of the states it leaves behind.

    Args:
        engine: the database of both.
        sides: who runs it, by name.
        number: what the case is called; none has it yet.

    Returns:
        the medians of both in bytes, how many times smaller ours is, and the most that a step of ours wrote.

    """
    sizes: dict[str, list[int]] = {name: [] for name in COLUMNS}
    for name, table in COLUMNS.items():
        side = sides[name]
        handle = side.start(number)
        for step in PATH:
            side.complete(handle, side.find(handle, step), step)
            sql = f"select octet_length(state) from {table} where id = %s"  # noqa: S608 - two names
            with engine.connect() as connection:
                sizes[name].append(int(connection.exec_driver_sql(sql, (handle,)).scalar_one()))
    ours, naive = (statistics.median(sizes[name]) for name in COLUMNS)
    figures = {"ours": round(ours), "reference": round(naive), "unit": "bytes", "ratio": round(naive / ours, 2)}
    return {"bench": "engine", "against": "state", **figures, "most": max(sizes["ours"]), "n": len(PATH)}
