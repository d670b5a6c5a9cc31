"""Deadlines that pass: a reminder, the instructor, the bureau leader, each exactly once."""

from datetime import datetime, timedelta

from tests.journeys.bureau import SHANGHAI, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"


def test_an_unsigned_matter_climbs_to_the_instructor_and_on_to_the_bureau_leader(world: World) -> None:
    number = world.register(TITLE).number
    assert world.later(hours=3) == 0
    world.at(datetime(2026, 3, 2, 16, 30, tzinfo=SHANGHAI))
    assert world.tick() == 1
    assert world.escalations(number) == [("sign", "reminder", ["李专管"])]
    # Signing takes one working day: it is late when Tuesday ends.
    world.at(datetime(2026, 3, 4, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    assert ("sign", "instructor", ["陈教导"]) in world.escalations(number)
    world.at(datetime(2026, 3, 6, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    climbed = [entry for entry in world.escalations(number) if entry[0] == "sign"]
    assert climbed == [
        ("sign", "reminder", ["李专管"]),
        ("sign", "instructor", ["陈教导"]),
        ("sign", "bureau_leader", ["赵局长"]),
        ("sign", "inspectorate", ["周督察", "邹督察"]),
    ]


def test_a_server_that_was_down_catches_up_and_tells_everybody_once(world: World) -> None:
    number = world.register(TITLE).number
    world.later(days=30)
    world.tick()
    told = world.escalations(number)
    assert len(told) == len({(step, level) for step, level, _ in told})
    assert {(step, level) for step, level, _ in told} == {
        (step, level)
        for step in ("sign", "handling")
        for level in ("reminder", "instructor", "bureau_leader", "inspectorate")
    }
    notices = world.column("select count(*) from notice group by officer_id, key")
    assert set(notices) == {1}
    world.later(days=30)
    # What the order that followed asks of the unit has a clock of its own.
    assert [entry for entry in world.escalations(number) if entry[0] != "answer"] == told


def test_whoever_is_told_gets_an_e_mail_and_the_history_says_so(world: World) -> None:
    number = world.register(TITLE).number
    world.at(datetime(2026, 3, 4, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    world.deliver()
    assert [message.address for message in world.sent if message.kind == "notice"] == ["instructor@bureau.test"]
    assert world.history(number).count("escalated") == 1


def test_a_signed_matter_no_longer_reminds_of_signing(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    world.later(days=1)
    assert [entry for entry in world.escalations(number) if entry[0] == "sign"] == []


def test_handling_reminds_the_officer_who_handles(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    world.at(datetime(2026, 3, 5, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    assert world.escalations(number) == [("handling", "reminder", ["张承办"])]


def test_a_late_review_goes_to_the_bureau_leader_and_a_late_approval_to_the_inspectorate(world: World) -> None:
    ordinary = world.register(TITLE).number
    grave = world.register("群体性违停堵路，停车秩序失控").number
    for number in (ordinary, grave):
        world.do(number, "sign", "liaison")
        for step in ("investigate", "dispose", "feed_back"):
            world.do(number, step, "handler")
    assert world.waiting(ordinary) == ["review"]
    assert world.waiting(grave) == ["approve"]
    world.later(days=10)
    assert ("review", "bureau_leader", ["赵局长"]) in world.escalations(ordinary)
    assert ("approve", "inspectorate", ["周督察", "邹督察"]) in world.escalations(grave)


def test_a_weekend_does_not_count(world: World) -> None:
    world.at(datetime(2026, 3, 6, 15, 0, tzinfo=SHANGHAI))
    number = world.register(TITLE).number
    # Registered on Friday afternoon; the one working day to sign is Monday.
    world.at(datetime(2026, 3, 9, 23, 59, tzinfo=SHANGHAI))
    world.tick()
    assert [level for _, level, _ in world.escalations(number)] == ["reminder"]
    world.later(minutes=2)
    assert [level for _, level, _ in world.escalations(number)] == ["reminder", "instructor"]


def test_an_urgent_matter_runs_on_the_clock(world: World) -> None:
    found = world.register(TITLE, severity="urgent")
    matter = world.matter(found.number)
    assert matter["due_at"] - matter["received_at"] == timedelta(hours=24)
