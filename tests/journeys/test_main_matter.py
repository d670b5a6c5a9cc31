"""A matter lives its whole life, in the hands of six officers."""

from datetime import timedelta

from engine.casework import history
from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"


def test_a_matter_goes_from_registration_to_the_archive_by_six_officers(world: World) -> None:
    found = world.register(TITLE)
    assert found.outcome == "pushed"
    number = found.number
    doers = (
        ("sign", "liaison"),
        ("investigate", "handler"),
        ("dispose", "handler"),
        ("feed_back", "handler"),
        ("review", "instructor"),
        ("reply", "receiver"),
    )
    for step, login in doers:
        assert world.waiting(number) == [step]
        world.later(hours=1)
        world.do(number, step, login)
    assert world.waiting(number) == []
    assert world.matter(number)["replied_at"] is None
    world.deliver()
    (reply,) = [message for message in world.sent if message.kind == "reply"]
    assert (reply.medium, reply.address) == ("webhook", "/12345/replies")
    assert "感谢您的监督" in reply.body
    assert world.matter(number)["replied_at"] is not None
    assert world.waiting(number) == ["visit"]
    outcome = world.do(number, "visit", "visitor")
    assert outcome.ended
    matter = world.matter(number)
    assert (matter["status"], matter["stage"], matter["outcome"]) == ("closed", "closed", "replied")
    assert matter["satisfaction"] == "satisfied"
    assert matter["automatic"] is True
    assert matter["closed_at"] - matter["received_at"] > timedelta(hours=6)


def test_history_tells_the_matters_life_in_the_past_tense_and_its_chain_holds(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    world.do(number, "visit", "visitor")
    events = world.history(number)
    order = ["registered", "judged", "signed", "investigated", "disposed", "fed_back", "reviewed", "replied", "visited"]
    assert [event for event in events if event in order] == order
    assert events[-1] == "closed"
    with world.engine.connect() as connection:
        assert history.verify(connection) == []


def test_everything_typed_is_kept_although_the_process_knows_little_of_it(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    world.do(number, "investigate", "handler")
    kept = world.value(
        "select e.details -> 'answers' ->> 'facts' from history_event e join matter m on m.id = e.matter_id "
        "where m.number = :number and e.event = 'investigated'",
        number=number,
    )
    assert kept == "经现场查看，反映的路段确有违停。"
    assert world.column("select note from contact") == ["来电人：已电话沟通，听取诉求。"]
    matter = world.matter(number)
    with world.runtime.transaction(matter["instance_id"], actor="system") as transaction:
        assert "facts" not in str(transaction.data)


def test_the_deadline_follows_the_table_of_clocks_and_says_so(world: World) -> None:
    matter = world.matter(world.register(TITLE).number)
    # Five working days after Monday 2 March, 12345 work orders of the general kind.
    assert matter["due_at"].isoformat() == "2026-03-09T16:00:00+00:00"
    assert any("5" in line for line in matter["due_explanation"])
    assert matter["due_explanation"][-1].startswith("依据：12345")
