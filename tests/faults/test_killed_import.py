"""kill -9 of the worker in the middle of an import."""

import csv
import io
import os
import signal
from collections import Counter

from engine.casework.importing import run_batch, start_batch
from tests.batteries import FULL
from tests.faults.audit import chains_hold
from tests.faults.bureau import Bureau
from tests.faults.waiting import eventually
from tests.stack import Stack
from webapp.jobs import defer_import

ROWS = 300 if FULL else 180
EMPTY, SECRET, SAME = 60, 110, 170  # every so many rows one without words, a marked one, one that came before
COLUMNS = ("工单编号", "诉求标题", "诉求内容", "事发地点", "诉求人", "联系电话")
THINGS = ("路灯不亮", "门前违停", "邻居半夜唱歌", "身份证到期怎么换", "驾驶证怎么补办", "户口怎么迁", "犬只没有拴绳")


def row(line: int) -> list[str]:
    """Return a row of the hotline's file; the words are invented."""
    if line % EMPTY == 0:
        return [f"F{line:04d}", "", "", "", "某人", "19900000000"]
    if line % SAME == 0:
        return row(line - 1)
    thing = THINGS[line % len(THINGS)]
    body = f"{line}号楼附近{thing}，已经{line % 29 + 1}天，请答复。"
    if line % SECRET == 0:
        body = f"密级：机密。{body}"
    return [f"F{line:04d}", f"{line}号楼{thing}", body, f"{line}号楼", f"某{line}", f"199{line:08d}"]


def file() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(row(line) for line in range(1, ROWS + 1))])
    return text.getvalue().encode()


def stored(bureau: Bureau) -> int:
    return int(bureau.value("select count(*) from import_row"))


def test_an_import_whose_worker_is_killed_is_finished_by_the_next(bureau: Bureau, stack: Stack) -> None:
    with bureau.engine.begin() as connection:
        batch = start_batch(connection, "hotline", file(), "来件.csv", actor="system")
        defer_import(bureau.platform.queue, connection, batch)
    for enough in (ROWS // 4, ROWS // 2):
        worker = stack.start_worker()
        eventually("rows are stored", lambda enough=enough: stored(bureau) >= enough, within=120, every=0.01)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        bureau.the_dead_are_silent()
        print(f"killed after {stored(bureau)} rows")
    assert stored(bureau) < ROWS, "the import was finished before the last kill: nothing was tried"
    stack.start_worker()
    finished = "select status = 'finished' from import_batch where id = :id"
    eventually("the import is finished", lambda: bureau.value(finished, id=batch), within=120)

    rows = bureau.rows("select line, outcome, reason, matter_id from import_row order by line")
    assert [one.line for one in rows] == list(range(2, ROWS + 2))
    outcomes = Counter(one.outcome for one in rows)
    assert bureau.value("select counts from import_batch") == {
        outcome: outcomes[outcome] for outcome in ("matter", "repeat", "out_of_scope", "duplicate", "error")
    }
    refused = {one.line - 1 for one in rows if one.outcome == "error"}
    assert refused == {line for line in range(1, ROWS + 1) if line % EMPTY == 0 or line % SECRET == 0}
    again = {one.line - 1 for one in rows if one.outcome == "duplicate"}
    assert again == {line for line in range(1, ROWS + 1) if line % SAME == 0}
    created = ROWS - len(refused) - len(again)
    assert bureau.value("select count(distinct channel_number) from matter") == created
    numbers = [one.number for one in bureau.rows("select number from matter order by number")]
    assert [int(number[-6:]) for number in numbers] == list(range(1, created + 1))
    assert bureau.value("select count(*) from instance") == created
    chains_hold(bureau)

    with bureau.engine.begin() as connection:
        batch = start_batch(connection, "hotline", file(), "来件.csv", actor="system")
    report = run_batch(bureau.engine, bureau.platform.runtime, batch)
    assert report.counts["duplicate"] == ROWS - len(refused)
    assert bureau.value("select count(*) from matter") == created
