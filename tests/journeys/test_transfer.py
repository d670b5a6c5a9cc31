"""转办跟踪: what was handed on is followed until the agency has confirmed or refused it."""

from datetime import datetime

from tests.journeys.bureau import SHANGHAI, World

TITLE = "家里自来水停水三天，水费照收"


def handed_on(world: World) -> tuple[str, str]:
    """Hand a matter on; return its number and that of its following-up."""
    number = world.register(TITLE).number
    world.do(number, "hand_on", "receiver")
    transfers = world.proceedings("transfer")
    assert len(transfers) == 1
    return number, transfers[0]["number"]


def test_the_petitioner_is_told_at_once_and_the_receipt_is_entered_later(world: World) -> None:
    number, transfer = handed_on(world)
    assert world.waiting(number) == ["reply"]
    world.do(number, "reply", "receiver", reply="您反映的供水问题已转市水务局办理，请向其了解进展。")
    world.deliver()
    assert world.matter(number)["status"] == "closed"
    assert "市水务局" in world.proceeding(transfer)["title"]
    world.answer(
        transfer, "confirm", "receiver", decision="received", receipt="水务收〔2026〕18号", received_on="2026-03-03"
    )
    ended = world.proceeding(transfer)
    assert (ended["outcome"], ended["reason"]) == ("received", "水务收〔2026〕18号")
    assert "transfer_ended" in world.history(number)


def test_an_agency_that_does_not_confirm_is_chased_and_reported(world: World) -> None:
    number, transfer = handed_on(world)
    world.at(datetime(2026, 3, 20, 9, 0, tzinfo=SHANGHAI))
    world.tick()
    climbed = {level for step, level, _ in world.escalations(number) if step == "confirm"}
    assert climbed == {"reminder", "instructor", "bureau_leader"}
    assert world.proceeding(transfer)["status"] == "open"


def test_a_refusal_is_told_to_the_inspectorate_and_the_receivers(world: World) -> None:
    number, transfer = handed_on(world)
    world.answer(transfer, "confirm", "receiver", decision="refused", reason="该小区为自建供水，不归水务部门管。")
    assert world.proceeding(transfer)["outcome"] == "refused"
    told = set(world.column("select officer_id from notice where kind = 'transfer_refused'"))
    assert told == {world.officer(login) for login in ("inspector", "inspector2", "receiver", "receiver2")}
    assert "transfer_ended" in world.history(number)


def test_what_the_receiver_finds_to_be_anothers_is_handed_on_and_followed(world: World) -> None:
    number = world.register("有件事情想请你们帮忙看看").number
    world.do(number, "accept", "receiver", decision="out_of_scope", reason="属于城管部门职责。")
    assert world.waiting(number) == ["hand_on"]
    world.do(number, "hand_on", "receiver", agency="县城管局")
    assert "县城管局" in world.proceedings("transfer")[0]["title"]
