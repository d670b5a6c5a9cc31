"""Deadlines of matters that are extended or paused: by whom, how far, and what counts as late meanwhile."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.casework.queries.board import board
from engine.casework.queries.library import Filters, matters
from engine.casework.queries.matter import matter_detail
from engine.casework.queries.worklist import worklist
from engine.runtime import ClockRefused, NotFound
from tests.journeys.bureau import SHANGHAI, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
DAY = timedelta(days=1)


def due_times(world: World, number: str) -> dict[str, datetime]:
    rows = world.rows(
        "select t.element as name, t.due_at from timer t join matter m on m.instance_id = t.instance_id "
        "where m.number = :n union all select w.step, w.due_at from work_item w "
        "join matter m on m.instance_id = w.instance_id where m.number = :n and w.due_at is not null",
        n=number,
    )
    return {row["name"]: row["due_at"].astimezone(SHANGHAI) for row in rows}


def extend(
    world: World, number: str, by: str, login: str = "instructor", reason: str = "案情复杂", **more: Any
) -> object:
    return commands.extend(world.engine, world.runtime, world.person(login), number, by, reason=reason, **more)


def pause(world: World, number: str, login: str = "instructor", reason: str = "等鉴定结论") -> object:
    return commands.pause_clock(world.engine, world.runtime, world.person(login), number, reason=reason)


def resume(world: World, number: str, login: str = "instructor", reason: str = "鉴定已出") -> object:
    return commands.resume_clock(world.engine, world.runtime, world.person(login), number, reason=reason)


@pytest.fixture
def petition(world: World) -> str:
    """A petition that the traffic brigade handles; its whole limit is sixty days."""
    return world.register(TITLE, channel="visits").number


def test_a_petition_is_extended_once_by_thirty_days_at_most(world: World, petition: str) -> None:
    before, due = due_times(world, petition), world.matter(petition)["due_at"]
    with pytest.raises(NotPermitted, match="最多延期30日"):
        extend(world, petition, "31日")
    change = extend(world, petition, "30日")
    after, matter = due_times(world, petition), world.matter(petition)
    assert matter["due_at"] - due >= DAY * 30
    assert all(after[name] > before[name] for name in before)
    assert (change.old, change.new) == (due, matter["due_at"])  # type: ignore[attr-defined]
    assert "延期30日" in matter["due_explanation"][-1] or "延期30日" in "".join(matter["due_explanation"])
    assert "批准：陈教导；理由：案情复杂" in "".join(matter["due_explanation"])
    assert "due_extended" in world.history(petition)
    with pytest.raises(NotPermitted, match="已经延期 1 次"):
        extend(world, petition, "1日")
    assert due_times(world, petition) == after


def test_an_extension_is_shown_before_it_is_made(world: World, petition: str) -> None:
    before, history = due_times(world, petition), world.history(petition)
    shown = extend(world, petition, "10日", dry_run=True)
    assert (due_times(world, petition), world.history(petition)) == (before, history)
    assert world.matter(petition)["due_moves"] == []
    made = extend(world, petition, "10日")
    assert shown == made
    assert {one.element: one.new for one in made.moved} == {  # type: ignore[attr-defined]
        name: at for name, at in due_times(world, petition).items() if at != before[name]
    }


def test_who_approves_depends_on_how_grave_it_is(world: World) -> None:
    grave = world.register("群体性违停堵路，停车秩序失控").number
    with pytest.raises(NotPermitted, match="分管局领导批准"):
        extend(world, grave, "5工作日")
    with pytest.raises(NotPermitted, match="分管局领导批准"):
        pause(world, grave)
    extend(world, grave, "5工作日", "leader")
    ordinary = world.register(TITLE).number
    extend(world, ordinary, "5工作日", "leader")


@pytest.mark.parametrize("login", ["liaison", "handler", "station_instructor", "receiver", "inspector"])
def test_nobody_else_may_and_they_learn_nothing(world: World, petition: str, login: str) -> None:
    for command in (lambda: extend(world, petition, "1日", login), lambda: pause(world, petition, login)):
        with pytest.raises(NotFound):
            command()
    assert world.matter(petition)["due_moves"] == []


def test_an_accused_instructor_may_not(world: World) -> None:
    number = world.register(TITLE, accused_officers=(world.officer("instructor"),)).number
    with pytest.raises(NotFound):
        extend(world, number, "1日")


def test_urgent_matters_are_not_extended(world: World) -> None:
    number = world.register(TITLE, severity="urgent").number
    with pytest.raises(NotPermitted, match="不得延期"):
        extend(world, number, "1小时", "leader")


@pytest.mark.parametrize(("by", "reason"), [("soon", "x"), ("P3D", "x"), ("", "x"), ("-3日", "x"), ("3日", " ")])
def test_what_is_no_length_or_has_no_reason_is_refused(world: World, petition: str, by: str, reason: str) -> None:
    with pytest.raises(NotPermitted):
        extend(world, petition, by, reason=reason)


def test_after_the_deadline_it_is_too_late(world: World, petition: str) -> None:
    world.later(days=90)
    with pytest.raises(NotPermitted, match="期限已过"):
        extend(world, petition, "1日")
    world.do(petition, "sign", "liaison")
    with pytest.raises(NotPermitted, match="期限已过"):
        extend(world, petition, "1日")


def test_a_pause_holds_the_deadline_and_nobody_is_late(world: World, petition: str) -> None:
    due = world.matter(petition)["due_at"].astimezone(SHANGHAI)
    pause(world, petition)
    with pytest.raises(ClockRefused, match="已经暂停"):
        pause(world, petition)
    world.later(days=100)
    assert world.escalations(petition) == []
    with world.engine.connect() as connection:
        officer = world.person("liaison")
        mine = worklist(connection, officer)
        assert (mine.counts["all"], mine.counts["late"]) == (1, 0)
        assert mine.rows[0].paused  # type: ignore[union-attr]
        assert worklist(connection, officer, tab="late").rows == ()
        leader = world.person("leader")
        figures = board(connection, leader).figures
        assert (figures.open, figures.late) == (1, 0)
        assert matters(connection, leader, Filters(late=True)).total == 0
        assert matters(connection, leader).rows[0].paused
        detail = matter_detail(connection, leader, petition)
        assert detail.pause is not None
        assert (detail.pause.reason, detail.pause.who) == ("等鉴定结论", "陈教导")
        assert all(progress.late == () for progress in detail.progress.values())
    resume(world, petition)
    matter = world.matter(petition)
    assert matter["due_at"].astimezone(SHANGHAI) - due >= DAY * 100
    assert "暂停计时" in "".join(matter["due_explanation"])
    assert [one for one in world.history(petition) if "clock" in one] == ["clock_paused", "clock_resumed"]
    assert world.tick() == 0
    with world.engine.connect() as connection:
        assert board(connection, world.person("leader")).figures.late == 0
        assert matter_detail(connection, world.person("leader"), petition).pause is None


def test_officers_go_on_working_while_the_clock_stands(world: World) -> None:
    number = world.register(TITLE).number
    pause(world, number)
    world.later(days=40)
    world.do(number, "sign", "liaison")
    world.later(days=40)
    assert world.escalations(number) == []
    assert world.waiting(number) == ["investigate"]
    with world.engine.connect() as connection:
        assert worklist(connection, world.person("handler")).counts["late"] == 0
    resume(world, number)
    assert all(at > world.now() for at in due_times(world, number).values())


def test_what_was_late_before_the_pause_stays_late(world: World) -> None:
    number = world.register(TITLE).number
    world.at(datetime(2026, 3, 4, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    pause(world, number)
    world.later(days=30)
    with world.engine.connect() as connection:
        assert worklist(connection, world.person("liaison")).counts["late"] == 1


def test_an_extension_before_the_end_is_nobodys_delay(world: World) -> None:
    number = world.register(TITLE).number
    extend(world, number, "5工作日")
    world.at(datetime(2026, 3, 9, 12, 0, tzinfo=SHANGHAI))
    world.tick()
    assert [level for _, level, _ in world.escalations(number)] == []
    with world.engine.connect() as connection:
        assert board(connection, world.person("leader")).figures.late == 0


def test_clocks_decided_anew_keep_what_was_granted(world: World) -> None:
    number = world.register("说不清楚的一件事情", channel="visits").number
    assert world.waiting(number) == ["accept"]
    with world.engine.begin() as connection:
        move = '[{"by": "10日", "at": "2026-03-02T01:00:00+00:00", "why": "x", "who": "陈教导"}]'
        connection.exec_driver_sql("update matter set due_moves = %s::jsonb where number = %s", (move, number))
    before = world.matter(number)["due_at"]
    world.do(number, "accept", "receiver")
    world.do(number, "assign", "receiver", unit=world.unit("traffic"), kind="complaint", severity="ordinary")
    assert world.matter(number)["due_at"] - before >= DAY * 9


def waiting_task(world: World, number: str) -> str:
    return str(world.value("select replace(task_id::text, '-', '') from work_item"))


def test_one_step_is_put_off_by_itself_and_the_matters_deadline_stays(world: World, petition: str) -> None:
    before, due = due_times(world, petition), world.matter(petition)["due_at"]
    task = waiting_task(world, petition)
    shown = extend(world, petition, "2工作日", target=task, dry_run=True)
    assert due_times(world, petition) == before
    change = extend(world, petition, "2工作日", target=task)
    assert shown == change
    after = due_times(world, petition)
    assert after["sign"] > before["sign"]
    assert {one.element for one in change.moved} == {name for name in after if after[name] != before[name]}  # type: ignore[attr-defined]
    assert world.matter(petition)["due_at"] == due
    assert world.matter(petition)["due_moves"] == []
    with pytest.raises(NotPermitted, match="已经延期 1 次"):
        extend(world, petition, "1工作日", target=task)
    extend(world, petition, "10日")  # the matter itself has not been put off yet


def test_one_timer_is_put_off_by_itself(world: World, petition: str) -> None:
    before = due_times(world, petition)
    timer = world.row("select replace(task_id::text, '-', '') as id, element from timer order by due_at limit 1")
    change = extend(world, petition, "4工作小时", target=timer["id"])
    after = due_times(world, petition)
    assert [name for name in after if after[name] != before[name]] == [timer["element"]]
    assert [one.element for one in change.moved] == [timer["element"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("by", "said"), [("31日", "最多延期30日"), ("0日", "必须大于零")])
def test_one_clock_is_bound_by_the_same_table(world: World, petition: str, by: str, said: str) -> None:
    with pytest.raises(NotPermitted, match=said):
        extend(world, petition, by, target=waiting_task(world, petition))


def test_one_clock_is_not_put_past_the_matters_deadline(world: World, petition: str) -> None:
    near = world.now() + timedelta(days=8)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update matter set due_at = %(at)s", {"at": near})
    before = due_times(world, petition)
    with pytest.raises(NotPermitted, match="不能晚于办结期限"):
        extend(world, petition, "20日", target=waiting_task(world, petition))
    assert due_times(world, petition) == before


def test_a_clock_that_no_longer_waits_cannot_be_chosen(world: World, petition: str) -> None:
    task = waiting_task(world, petition)
    for wrong in (task[:-4] + "ffff", "nonsense"):
        with pytest.raises(ClockRefused, match="请重新选择"):
            extend(world, petition, "1日", target=wrong)
    with pytest.raises(NotFound):
        extend(world, petition, "1日", "liaison", target=task)


def test_a_matter_whose_step_is_late_is_put_off_all_the_same(world: World, petition: str) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("delete from timer")
        connection.exec_driver_sql("update work_item set due_at = clock_now() - interval '1 day'")
    late, due = world.value("select due_at from work_item"), world.matter(petition)["due_at"]
    history = world.history(petition)
    shown = extend(world, petition, "10日", dry_run=True)
    assert world.matter(petition)["due_at"] == due
    assert world.history(petition) == history
    made = extend(world, petition, "10日")
    assert shown == made
    assert made.new == world.matter(petition)["due_at"] >= due + DAY * 10  # type: ignore[attr-defined]
    assert world.history(petition)[-1] == "due_extended"
    assert world.value("select due_at from work_item") == late, "what is late stays late"
    with pytest.raises(NotPermitted, match="已经延期 1 次"):
        extend(world, petition, "1日")
