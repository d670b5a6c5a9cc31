import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import secret_words
from engine.casework.importing import FileRefused, import_file, run_batch, start_batch
from engine.casework.importing.batch import ROWS_A_TRANSACTION
from engine.runtime import NotFound, RuntimeFailure
from tests.journeys.bureau import Person, World

HEADER = "留言编号,留言主题,留言时间,留言详情,点赞数\n"
FILE = (
    HEADER
    + "1,路口乱停车,2026/2/2 8:00,幸福路口两侧停车秩序混乱，无人管理。,3\n"
    + "2,幸福路口停车,2026/2/3 8:00,幸福路口两侧停车秩序混乱，无人管理。,0\n"
    + "3,自来水停水,2026/2/4,小区自来水停水三天了，请派人处理。,1\n"
    + "4,空白,2026/2/4,,0\n"
    + "5,时间不对,二月四日,夜里噪音扰民,0\n"
    + "1,路口乱停车,2026/2/2 8:00,幸福路口两侧停车秩序混乱，无人管理。,3\n"
    + "1,换了内容,2026/2/2 8:00,编号一样内容不同。,3\n"
    + "8,涉密,2026/2/4,密级：机密 某某方案,0\n"
).encode()


def numbered(count: int) -> bytes:
    rows = (f"N{n},第{n}件,2026/2/2 8:00,第{n}号楼下夜里噪音扰民，第{n}次反映。,0" for n in range(count))
    return (HEADER + "\n".join(rows)).encode()


def rows_of(world: World) -> list[Any]:
    return world.rows("select * from import_row order by batch_id, line")


def test_every_row_ends_and_the_counts_add_up(world: World) -> None:
    told: list[tuple[int, int]] = []
    report = import_file(
        world.engine,
        world.runtime,
        "12345",
        FILE,
        "w.csv",
        actor=str(world.officer("receiver")),
        progress=lambda done, total: told.append((done, total)),
    )
    assert [row.outcome for row in report.rows] == [
        "matter",
        "repeat",
        "out_of_scope",
        "error",
        "error",
        "duplicate",
        "error",
        "error",
    ]
    assert sum(report.counts.values()) == report.total == 8
    assert report.counts == {"matter": 1, "repeat": 1, "out_of_scope": 1, "duplicate": 1, "error": 4}
    assert told == [(0, 8), (8, 8)]
    first, repeat, outside, blank, undated, again, changed, secret = report.rows
    assert first.line == 2
    assert repeat.reason is not None
    assert first.number in repeat.reason
    assert outside.number is not None
    assert (blank.reason, blank.number) == ("内容为空", None)
    assert "二月四日" in (undated.reason or "")
    assert again.number == first.number
    assert (changed.number, "内容不同" in (changed.reason or "")) == (first.number, True)
    assert "涉密" in (secret.reason or "")


def test_nothing_of_a_secret_row_is_kept_and_all_of_an_error(world: World, caplog: pytest.LogCaptureFixture) -> None:
    import_file(world.engine, world.runtime, "12345", FILE, "w.csv", actor="system")
    rows = rows_of(world)
    assert rows[-1]["raw"] == {}
    assert rows[3]["raw"]["留言主题"] == "空白"
    assert rows[0]["raw"]["点赞数"] == "3"
    assert "某某方案" not in str(rows) + caplog.text
    assert world.value("select content from import_batch") is None


def test_the_same_file_again_adds_nothing(world: World) -> None:
    import_file(world.engine, world.runtime, "12345", FILE, "w.csv", actor="system")
    before = world.value("select count(*) from matter")
    report = import_file(world.engine, world.runtime, "12345", FILE, "again.csv", actor="system")
    assert world.value("select count(*) from matter") == before == 3
    assert report.counts == {"matter": 0, "repeat": 0, "out_of_scope": 0, "duplicate": 4, "error": 4}
    assert world.value("select last from matter_number") == 3


def test_the_same_rows_in_another_order_and_format_add_nothing(world: World) -> None:
    import_file(world.engine, world.runtime, "12345", numbered(30), "w.csv", actor="system")
    lines = numbered(30).decode().splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:])]).replace(",", "\t").encode("gb18030")
    report = import_file(world.engine, world.runtime, "12345", turned, "w.txt", actor="system")
    assert (report.counts["duplicate"], world.value("select count(*) from matter")) == (30, 30)


def test_rows_without_numbers_are_known_by_what_they_say(world: World) -> None:
    content = "时间,内容\n2026/2/2,第一栋夜里很吵\n2026/2/3,第一栋夜里很吵\n2026/2/2,第一栋夜里很吵\n".encode()
    for counts in ((2, 1), (0, 3)):
        report = import_file(world.engine, world.runtime, "visits", content, "w.csv", actor="system")
        assert (report.total - report.counts["duplicate"], report.counts["duplicate"]) == counts
    assert world.value("select count(*) from matter") == 2


def test_the_mapping_is_kept_with_the_channel(world: World) -> None:
    content = "甲,乙,丙\n1,夜里很吵,2026/2/2\n".encode()
    with pytest.raises(FileRefused, match="甲、乙、丙"):
        import_file(world.engine, world.runtime, "mayor", content, "w.csv", actor="system")
    given = {"number": "甲", "body": ["乙"], "received_at": "丙"}
    import_file(world.engine, world.runtime, "mayor", content, "w.csv", actor="system", mapping=given)
    kept = world.value("select column_mapping from channel where code = 'mayor'")
    assert kept == {"number": ["甲"], "body": ["乙"], "received_at": ["丙"]}
    second = content.replace(b"1,", b"2,")
    report = import_file(world.engine, world.runtime, "mayor", second, "w.csv", actor="system")
    assert report.counts["error"] == 0
    assert world.value("select count(*) from matter where channel_number = '2'") == 1


@pytest.mark.parametrize(
    ("channel", "content", "reason"),
    [("nowhere", FILE, "nowhere"), ("12345", HEADER.encode(), "只有表头"), ("12345", b"", "空")],
)
def test_files_that_cannot_be_imported_leave_nothing(world: World, channel: str, content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        import_file(world.engine, world.runtime, channel, content, "w.csv", actor="system")
    assert world.value("select count(*) from import_batch") == 0


class PowerCutError(Exception):
    """Stands for the machine that loses its power."""


def test_a_broken_import_goes_on_where_it_stopped(world: World) -> None:
    content = numbered(ROWS_A_TRANSACTION * 2 + 5)

    def stop(done: int, total: int) -> None:
        if 0 < done < total:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        import_file(world.engine, world.runtime, "12345", content, "w.csv", actor="system", progress=stop)
    assert world.value("select count(*) from matter") == ROWS_A_TRANSACTION
    assert world.value("select status from import_batch") == "failed"
    with world.engine.begin() as connection:
        batch = start_batch(connection, "12345", content, "w.csv", actor="system")
    report = run_batch(world.engine, world.runtime, batch)
    assert report.counts["matter"] + report.counts["repeat"] == report.total == ROWS_A_TRANSACTION * 2 + 5
    assert world.value("select count(*) from import_batch") == 1
    assert world.value("select count(distinct line) from import_row") == report.total
    assert world.value("select last from matter_number") == report.total
    assert world.value("select status from import_batch") == "finished"
    assert run_batch(world.engine, world.runtime, batch) == report


def _import_in_child(url: str, content: bytes, ready: Any) -> None:
    child = World(sa.create_engine(url))
    import_file(
        child.engine,
        child.runtime,
        "12345",
        content,
        "w.csv",
        actor="system",
        progress=lambda done, total: ready.set() if done else None,
    )


def test_a_killed_import_loses_nothing_and_doubles_nothing(world: World) -> None:
    content = numbered(200)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    url = world.engine.url.render_as_string(hide_password=False)
    child = context.Process(target=_import_in_child, args=(url, content, ready))
    child.start()
    assert ready.wait(120)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    rows = world.value("select count(*) from import_row")
    assert 0 < rows < 200
    assert world.value("select count(*) from matter") == rows
    report = import_file(world.engine, world.runtime, "12345", content, "w.csv", actor="system")
    assert sum(report.counts.values()) == 200
    assert report.counts["duplicate"] == report.counts["error"] == 0
    assert world.value("select count(*) from matter") == 200
    assert world.value("select last from matter_number") == 200


def test_two_who_import_the_same_file_at_once(world: World) -> None:
    content = numbered(40)

    def one(_: int) -> int:
        report = import_file(world.engine, world.runtime, "12345", content, "w.csv", actor="system")
        return report.total

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(one, range(2))) == [40, 40]
    assert world.value("select count(*) from matter") == 40
    assert world.value("select last from matter_number") == 40


class Stubborn:
    """A runtime that fails at one record and works at all others."""

    def __init__(self, world: World, failure: Exception) -> None:
        self.world = world
        self.failure = failure

    def start(self, connection: sa.Connection, process: str, key: str, data: dict[str, Any], *, actor: str) -> int:
        started = self.world.runtime.start(connection, process, key, data, actor=actor)
        if connection.execute(sa.text("select title from matter where number = :n"), {"n": key}).scalar() == "第3件":
            raise self.failure
        return started


@pytest.mark.parametrize(
    ("failure", "reason"), [(RuntimeFailure("流程走不下去"), "流程走不下去"), (KeyError("内容"), "系统管理员")]
)
def test_one_row_that_fails_takes_no_other_with_it(
    world: World, caplog: pytest.LogCaptureFixture, failure: Exception, reason: str
) -> None:
    stubborn = Stubborn(world, failure)
    report = import_file(world.engine, stubborn, "12345", numbered(6), "w.csv", actor="system")
    assert [row.outcome == "error" for row in report.rows] == [False] * 3 + [True] + [False] * 2
    assert reason in (report.rows[3].reason or "")
    assert world.value("select count(*) from matter") == world.value("select last from matter_number") == 5
    assert "内容" not in caplog.text


def test_an_unknown_batch(world: World) -> None:
    with pytest.raises(NotFound):
        run_batch(world.engine, world.runtime, 404)


@pytest.mark.full
def test_the_real_files_go_in_whole_and_only_once(world: World, shared: Path) -> None:
    for _ in range(2):
        total = 0
        for channel, name in (
            ("mayor", "board-2019.csv"),
            ("visits", "answered-2018.csv"),
            ("12345", "hotline-12345.csv"),
        ):
            content = (shared / "data" / "messages" / name).read_bytes()
            report = import_file(world.engine, world.runtime, channel, content, name, actor="system")
            assert sum(report.counts.values()) == report.total
            total += report.total
        assert total == 6667
        assert world.value("select count(*) from matter") + report.counts["error"] == 6667


def test_a_refused_row_late_in_a_file_harms_none_of_those_after_it(world: World) -> None:
    lines = numbered(40).decode().splitlines()
    lines[30] = "N-secret,涉密,2026/2/2,密级：机密,0"
    report = import_file(world.engine, world.runtime, "12345", "\n".join(lines).encode(), "w.csv", actor="system")
    assert [row.line for row in report.rows if row.outcome == "error"] == [31]
    assert world.value("select count(*) from matter") == 39


def test_a_row_is_screened_in_every_cell_also_where_nothing_reads_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    mark = "密级：机密 甲乙方案"
    content = (
        "留言编号,留言主题,留言时间,留言详情,备注\n"
        "1,路口乱停车,2026/2/2 8:00,幸福路口两侧停车秩序混乱。,\n"
        f"2,没有内容,2026/2/4,,{mark}\n"
        f"3,时间不对,{mark},夜里噪音扰民。,\n"
        f"{mark},没有内容,2026/2/4,,\n"
        f"5,路灯不亮,2026/2/4,第五中学门口路灯不亮。,{mark}\n"
        f"1,路口乱停车,2026/2/2 8:00,换了内容。{mark},\n"
        "7,没有内容,2026/2/4,,照常\n"
    ).encode()
    report = import_file(world.engine, world.runtime, "12345", content, "w.csv", actor=str(world.officer("receiver")))
    assert [row.outcome for row in report.rows] == ["matter", *["error"] * 6]
    rows = rows_of(world)
    assert [row["secret"] for row in rows] == [False, True, True, True, True, True, False]
    assert all(row["raw"] == {} for row in rows if row["secret"])
    assert rows[-1]["raw"]["备注"] == "照常"
    assert world.value("select count(*) from secret_attempt") == 5
    kept = [world.rows("select * from import_row"), world.rows("select * from import_batch")]
    kept += [world.rows("select * from matter"), world.rows("select * from secret_attempt")]
    assert "甲乙方案" not in str(kept)
    assert "甲乙方案" not in caplog.text


@pytest.mark.parametrize(("heading", "filename"), [("密级：机密 甲乙", "w.csv"), ("备注", "密级：机密 甲乙.csv")])
def test_a_marked_heading_or_name_of_a_file_is_refused(world: World, heading: str, filename: str) -> None:
    content = f"留言编号,留言主题,留言时间,留言详情,{heading}\n1,停车,2026/2/2,路口乱停车。,\n".encode()
    with pytest.raises(FileRefused, match="涉密"):
        import_file(world.engine, world.runtime, "12345", content, filename, actor="system")
    assert rows_of(world) == []
    assert world.value("select count(*) from import_batch") == 0


def test_the_bureaus_words_are_known_before_the_first_row_is_registered(world: World) -> None:
    secret_words.use_secret("a secret for the words of tests, and of nobody else")
    with world.engine.begin() as connection:
        secret_words.add(connection, Person(world.officer("inspector"), ["security_admin@*"]), "白鹭五号")
    content = "留言编号,留言主题,留言时间,留言详情\n1,参与白鹭五号的人,2026/2/4,\n".encode()
    import_file(world.engine, world.runtime, "12345", content, "w.csv", actor="system")
    assert [(row["secret"], row["raw"]) for row in rows_of(world)] == [(True, {})]
    content = "留言编号,留言主题,留言时间,留言详情,白鹭五号\n1,停车,2026/2/4,路口乱停车。,\n".encode()
    with pytest.raises(FileRefused, match="涉密"):
        import_file(world.engine, world.runtime, "12345", content, "w.csv", actor="system")
