"""Payloads in what citizens and officers type: imported cells, registered texts, answers, searches."""

import csv
import io

import pytest

from engine.casework.importing import import_file
from engine.casework.queries.library import Filters, matters
from tests.journeys.bureau import World
from tests.payloads import CANARY, PAYLOADS, SENTINEL, leaks, watched

HEADER = ["留言编号", "留言主题", "留言时间", "留言详情", "点赞数"]
# Texts are cleaned of control characters and blanks around them; what is left must be kept as it is.
PLAIN = [payload for payload in PAYLOADS if payload.isprintable() and payload == payload.strip() and len(payload) < 200]


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", CANARY)


def test_imported_cells_are_texts(world: World) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(HEADER)
    writer.writerow(["W0", "路口停车", "2026/2/2 8:00", "幸福路口两侧停车秩序混乱，无人管理。", "3"])
    for number, payload in enumerate(PAYLOADS):
        writer.writerow([f"N{number}", payload, "2026/2/2 8:00", f"路口停车秩序混乱，无人管理。{payload}", payload])
    content = lines.getvalue().replace("\x00", "").encode()
    report = import_file(world.engine, world.runtime, "12345", content, "w.csv", actor=str(world.officer("receiver")))
    assert sum(report.counts.values()) == len(PAYLOADS) + 1
    titles = set(world.column("select title from matter"))
    kept = [payload for payload in PLAIN if payload in titles]
    assert len(kept) > len(PLAIN) // 2, "too few came in to say anything"
    everything = [
        *titles,
        *world.column("select body from matter"),
        *world.column("select details::text from history_event"),
    ]
    assert leaks(*everything) == []
    assert not SENTINEL.exists()
    came_in = report.counts["matter"] + report.counts["repeat"]
    assert world.value("select count(*) from matter") == came_in >= len(kept)


def test_registered_texts_go_through_the_process_as_texts(world: World) -> None:
    world.register("先来一件", "幸福路两侧乱停车")
    for payload in PLAIN[:40]:
        with watched() as seen:
            number = world.register(payload, f"幸福路两侧乱停车 {payload}").number
        assert seen == [], payload
        assert world.matter(number)["title"] == payload
        assert leaks(world.history(number), world.waiting(number)) == []


def test_search_finds_texts_and_runs_none(world: World) -> None:
    with world.engine.connect() as connection:
        person = world.person("inspector")
        matters(connection, person, Filters(text="a"))
        for payload in PAYLOADS:
            with watched() as seen:
                page = matters(connection, person, Filters(text=payload))
            assert seen == [], payload
            assert page.total == 0
    number = world.register("查 100% 的 '; drop table instance; --", "幸福路两侧乱停车").number
    with world.engine.connect() as connection:
        page = matters(connection, world.person("inspector"), Filters(text="'; drop table instance; --"))
    assert [row.number for row in page.rows] == [number]
