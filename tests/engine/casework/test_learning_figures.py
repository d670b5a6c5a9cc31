"""What staff decided is kept with each matter, and the rates are counted from it, by hand-made cases."""

from datetime import timedelta
from importlib import import_module

import pytest

from engine.casework.learning_figures import Asked, Counts, figures, listed
from tests.journeys.bureau import Person, World

WATER = "幸福小区停水两天，自来水公司没人管"
MIGRATION = "engine.database.migrations.versions.0010_model_version"
PLACES = ("人民路", "解放街", "文化巷", "西环路", "东门街", "北站路")


def parking(world: World, number: int) -> str:
    found = world.register(f"{PLACES[number]}违停严重，停车秩序混乱", f"{PLACES[number]}第{number}中学门口天天违停。")
    assert found.outcome == "pushed"
    return found.number


def decision(world: World, number: str) -> dict[str, object]:
    row = world.row(
        "select d.automatic, d.decided_at is not null as decided, u.code as unit, d.outside, d.kind, d.severity, "
        "d.corrected from matter_decision d join matter m on m.id = d.matter_id left join unit u on u.id = d.unit_id "
        "where m.number = :number",
        number=number,
    )
    return dict(row)


def counted(world: World, login: str = "inspector") -> Counts:
    with world.engine.connect() as connection:
        return figures(connection, world.person(login), 4).all


def assign(world: World, number: str, unit: str) -> None:
    world.do(number, "assign", "receiver", unit=world.unit(unit), kind="request", severity="ordinary")


def unclear(world: World, number: int) -> str:
    found = world.register(f"{PLACES[number]}有件事情想请你们帮忙", f"{PLACES[number]}第{number}家的事情。")
    assert found.outcome == "manual"
    return found.number


def test_what_is_pushed_is_decided_once_its_unit_signs(world: World) -> None:
    number = parking(world, 0)
    assert decision(world, number) == {
        "automatic": True,
        "decided": False,
        "unit": None,
        "outside": False,
        "kind": None,
        "severity": None,
        "corrected": False,
    }
    world.do(number, "sign", "liaison")
    assert decision(world, number) == {
        "automatic": True,
        "decided": True,
        "unit": "traffic",
        "outside": False,
        "kind": "request",
        "severity": "ordinary",
        "corrected": False,
    }


def test_what_is_sent_back_and_given_to_another_was_corrected(world: World) -> None:
    number = parking(world, 0)
    world.do(number, "sign", "liaison", decision="send_back", evidence="不是我们管辖的路段，属城关派出所管辖")
    assert decision(world, number)["decided"] is False
    assign(world, number, "station")
    found = decision(world, number)
    assert (found["unit"], found["corrected"]) == ("station", True)
    assert world.value("select decided_at <= clock_now() from matter_decision") is True


def test_a_suggestion_is_decided_when_somebody_gives_it_to_a_unit_or_hands_it_on(world: World) -> None:
    mine = unclear(world, 0)
    world.do(mine, "accept", "receiver")
    assert decision(world, mine)["decided"] is False
    assign(world, mine, "station")
    assert (decision(world, mine)["unit"], decision(world, mine)["corrected"]) == ("station", True)
    water = world.register(WATER)
    assert water.outcome == "out_of_scope"
    world.do(water.number, "hand_on", "receiver")
    found = decision(world, water.number)
    assert (found["decided"], found["outside"], found["unit"], found["corrected"]) == (True, True, None, False)


def test_a_declined_matter_decides_nothing(world: World) -> None:
    number = unclear(world, 0)
    world.do(number, "accept", "receiver", decision="not_accepted", ground="litigation", reason="正在诉讼程序中")
    assert decision(world, number)["decided"] is False


def everything(world: World) -> None:
    """One matter for every fate, three pushed and confirmed, of which one was wrong."""
    for place in (0, 1):
        world.do(parking(world, place), "sign", "liaison")
    wrong = parking(world, 2)
    world.do(wrong, "sign", "liaison", decision="send_back", evidence="不是我们管辖的路段，属城关派出所管辖")
    assign(world, wrong, "station")
    parking(world, 3)  # nobody has signed yet
    by_hand = unclear(world, 0)
    world.do(by_hand, "accept", "receiver")
    assign(world, by_hand, "traffic")
    world.register(f"{PLACES[4]}的违停", handling_unit_id=world.unit("station"))
    unclear(world, 1)
    declined = unclear(world, 2)
    world.do(declined, "accept", "receiver", decision="not_accepted", ground="litigation", reason="正在诉讼程序中")
    world.do(world.register(WATER).number, "hand_on", "receiver")


def test_the_rates_are_counted_as_one_would_by_hand(world: World) -> None:
    nothing = counted(world)
    assert nothing == Counts()
    assert {nothing.automation, nothing.precision, nothing.coverage, nothing.accuracy, nothing.later_corrected} == {
        None
    }
    everything(world)
    found = counted(world)
    assert found == Counts(
        judged=9,
        accepted=6,
        pushed=4,
        confirmed=3,
        corrected=1,
        by_hand=1,
        given=1,
        certain=5,
        decided=5,
        hit=3,
        waiting=1,
        declined=1,
        outside=1,
        repeat=0,
        cancelled=0,
    )
    assert found.automation == pytest.approx(4 / 6)
    assert found.precision == pytest.approx(2 / 3)
    assert found.later_corrected == pytest.approx(1 / 3)
    assert found.coverage == pytest.approx(5 / 9)
    assert found.accuracy == pytest.approx(3 / 5)


def test_every_number_opens_its_matters(world: World) -> None:
    everything(world)
    officer = world.person("inspector")
    with world.engine.connect() as connection:
        found = figures(connection, officer, 4)
        for part in ("judged", "accepted", "pushed", "confirmed", "corrected", "by_hand", "given", "decided", "hit"):
            rows = listed(connection, officer, 4, Asked(part))
            assert len(rows) == getattr(found.all, part), part
        for one in found.confusions:
            assert len(listed(connection, officer, 4, Asked("", one.said, one.was))) == one.count
        for week in found.weeks:
            assert len(listed(connection, officer, 4, Asked("pushed", week=week.first))) == week.counts.pushed
        for channel in found.channels:
            assert len(listed(connection, officer, 4, Asked("pushed", channel=channel.id))) == channel.counts.pushed
    assert {(one.said, one.was, one.count, one.pushed) for one in found.confusions} == {
        ("traffic", "station", 1, 1),
        ("nobody", "traffic", 1, 0),
    }


def test_weeks_begin_on_monday_in_the_bureau(world: World) -> None:
    parking(world, 0)
    world.at(world.now() + timedelta(days=7))
    parking(world, 1)
    with world.engine.connect() as connection:
        found = figures(connection, world.person("inspector"), 4)
        only = figures(connection, world.person("inspector"), 1)
    assert [week.counts.pushed for week in found.weeks] == [1, 1]
    assert all(week.first.weekday() == 0 for week in found.weeks)
    assert only.all.pushed == 1


ROWS = """
select matter_id, outcome, automatic, judged_unit_id, judged_outside, judged_kind, judged_severity, confidence,
    decided_at is not null as decided, unit_id, supervising_unit_id, outside, kind, severity, corrected
from matter_decision order by matter_id
"""


def test_matters_of_before_are_filled_in_from_their_judgement_and_history(world: World) -> None:
    everything(world)
    before = world.rows(ROWS)
    assert len(before) == 9
    signed = world.value("select min(at) from history_event where event = 'signed'")
    world.later(hours=5)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("delete from matter_decision")
        connection.exec_driver_sql(import_module(MIGRATION).FILL)
    assert world.rows(ROWS) == before
    assert world.value("select min(decided_at) from matter_decision") == signed


def accusation(world: World) -> str:
    found = world.register("投诉交警大队民警态度恶劣", "交警大队民警执勤时态度恶劣，要求处理。")
    assert world.matter(found.number)["handling_unit_id"] == world.unit("inspectorate")
    return found.number


def test_whoever_is_accused_counts_nothing_of_it(world: World) -> None:
    world.grant("instructor", "director")  # an officer of the accused unit, with a rank that sees everything else
    world.grant("handler", "process_owner")
    world.grant("visitor", "process_owner")
    number = accusation(world)
    assert counted(world).judged == 1
    assert counted(world, "instructor").judged == 0
    assert counted(world, "handler").judged == 0
    assert counted(world, "visitor").judged == 1
    with world.engine.connect() as connection:
        for login, there in (("inspector", [number]), ("instructor", []), ("handler", [])):
            assert [one.number for one in listed(connection, world.person(login), 4, Asked())] == there


def test_a_receiver_counts_what_their_department_received(world: World) -> None:
    parking(world, 0)
    assert counted(world, "receiver").judged == 1
    assert counted(world, "station_liaison").judged == 0
    with world.engine.connect() as connection:
        nobody = Person(world.officer("handler2"), ["process_owner"])
        assert listed(connection, nobody, 4, Asked()) == []
