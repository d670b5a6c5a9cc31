"""What officers do with items: claim, give back, hand over, finish once."""

import pytest

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.runtime import AlreadyDone, NotFound, Taken
from tests.journeys.bureau import ANSWERS, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
VAGUE = "有件事情想请你们帮忙看看"


def test_what_one_has_claimed_the_other_cannot_finish(world: World) -> None:
    number = world.register(VAGUE).number
    task = world.item(number, "accept")
    commands.claim(world.runtime, world.person("receiver"), task)
    with pytest.raises(Taken):
        commands.claim(world.runtime, world.person("receiver2"), task)
    with pytest.raises(NotPermitted):
        world.do(number, "accept", "receiver2")
    commands.unclaim(world.runtime, world.person("receiver"), task)
    world.do(number, "accept", "receiver2")


def test_one_cannot_give_back_what_somebody_else_holds(world: World) -> None:
    task = world.item(world.register(VAGUE).number, "accept")
    commands.claim(world.runtime, world.person("receiver"), task)
    with pytest.raises(NotPermitted):
        commands.unclaim(world.runtime, world.person("receiver2"), task)


def test_an_item_is_claimed_only_by_whom_it_was_offered_to(world: World) -> None:
    task = world.item(world.register(VAGUE).number, "accept")
    with pytest.raises(NotFound):
        commands.claim(world.runtime, world.person("liaison"), task)


def test_handing_a_handlers_step_over_makes_another_the_matters_handler(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    world.hand_over(number, "investigate", "instructor", "handler2")
    assert world.matter(number)["handler_id"] == world.officer("handler2")
    world.do(number, "investigate", "handler2")
    assert "reassigned" in world.history(number)


def test_only_who_leads_may_hand_over_and_only_to_who_may_have_it(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    with pytest.raises(NotFound):
        world.hand_over(number, "investigate", "handler2", "handler2")
    with pytest.raises(NotPermitted):
        world.hand_over(number, "investigate", "liaison", "station_handler")


def test_the_same_request_twice_happens_once(world: World) -> None:
    number = world.register(TITLE).number
    task, person = world.item(number, "sign"), world.person("liaison")
    answers = {"decision": "sign", "handler": world.officer("handler")}
    first = commands.complete(world.runtime, person, task, answers, key="one")
    again = commands.complete(world.runtime, person, task, answers, key="one")
    assert (first.repeated, again.repeated) == (False, True)
    assert first.next[0].task_id == again.next[0].task_id
    assert world.history(number).count("signed") == 1


def test_a_finished_step_names_who_was_faster(world: World) -> None:
    number = world.register(VAGUE).number
    task = world.item(number, "accept")
    world.do(number, "accept", "receiver")
    with pytest.raises(AlreadyDone) as done:
        commands.complete(world.runtime, world.person("receiver2"), task, ANSWERS["accept"], key="late")
    assert done.value.by == str(world.officer("receiver"))


def test_an_officer_who_was_locked_out_meanwhile_can_do_nothing(world: World) -> None:
    number = world.register(TITLE).number
    person, task = world.person("liaison"), world.item(number, "sign")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false where login = 'liaison'")
    with pytest.raises(NotFound):
        commands.complete(world.runtime, person, task, {}, key="x")


def test_a_role_taken_away_meanwhile_counts_although_the_session_still_has_it(world: World) -> None:
    number = world.register(TITLE).number
    person, task = world.person("liaison"), world.item(number, "sign")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("delete from holding where role = 'liaison'")
    with pytest.raises(NotFound):
        commands.complete(world.runtime, person, task, {}, key="x")


def test_an_accused_officer_finds_no_item_although_the_role_fits(world: World) -> None:
    number = world.register(VAGUE, accused_officers=(world.officer("receiver"),)).number
    with pytest.raises(NotFound):
        world.do(number, "accept", "receiver")
    world.do(number, "accept", "receiver2")


def test_a_crash_after_sending_brings_the_result_later_and_sends_nothing_again(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    dispatch = world.value("select id from dispatch where kind = 'reply'")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update dispatch set status = 'sent', sent_at = clock_now(), attempts = 1")
    assert world.waiting(number) == []

    def send(_message: object) -> str:
        raise AssertionError("sent twice")

    assert commands.deliver(world.engine, world.runtime, dispatch, send) is True
    assert world.waiting(number) == ["visit"]
    assert commands.deliver(world.engine, world.runtime, dispatch, send) is True
    assert world.history(number).count("effect_finished") == 1
