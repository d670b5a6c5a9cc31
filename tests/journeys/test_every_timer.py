"""Every timer of every step fires once when nobody does anything, and tells whom the ladder names."""

from collections.abc import Callable

import pytest

from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
GRAVE = "群体性违停堵路，停车秩序失控"
VAGUE = "有件事情想请你们帮忙看看"
OUTSIDE = "小区停水三天了，自来水一直不来"
EVIDENCE = "该路段属城关派出所辖区，不在大队管辖范围内。"
EVERYBODY = {"reminder", "instructor", "bureau_leader", "inspectorate"}


def accepting(world: World) -> str:
    return world.register(VAGUE).number


def assigning(world: World) -> str:
    number = accepting(world)
    world.do(number, "accept", "receiver")
    return number


def handing_on(world: World) -> str:
    return world.register(OUTSIDE).number


def handling(world: World) -> str:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    return number


def settling(world: World) -> str:
    number = world.register(TITLE).number
    for login, unit in (("liaison", "station"), ("station_liaison", "traffic"), ("liaison", None)):
        world.do(number, "sign", login, decision="send_back", evidence=EVIDENCE)
        if unit is not None:
            world.do(number, "assign", "receiver", unit=world.unit(unit), kind="request", severity="ordinary")
    return number


def reviewing(world: World, title: str = TITLE) -> str:
    number = world.register(title).number
    world.do(number, "sign", "liaison")
    for step in ("investigate", "dispose", "feed_back"):
        world.do(number, step, "handler")
    return number


def approving(world: World) -> str:
    return reviewing(world, GRAVE)


def replying(world: World) -> str:
    number = reviewing(world)
    world.do(number, "review", "instructor")
    return number


def visiting(world: World) -> str:
    number = replying(world)
    world.do(number, "reply", "receiver")
    world.deliver()
    return number


@pytest.mark.parametrize(
    ("reach", "step", "levels"),
    [
        (accepting, "accept", EVERYBODY),
        (assigning, "assign", EVERYBODY),
        (handing_on, "hand_on", EVERYBODY),
        (handling, "handling", EVERYBODY),
        (settling, "settle", {"inspectorate"}),
        (reviewing, "review", {"reminder", "bureau_leader"}),
        (approving, "approve", {"reminder", "inspectorate"}),
        (replying, "reply", EVERYBODY),
        (visiting, "visit", {"reminder"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_step_that_nobody_does_climbs(
    world: World, reach: Callable[[World], str], step: str, levels: set[str]
) -> None:
    number = reach(world)
    world.later(days=60)
    told = [(one, level) for one, level, _ in world.escalations(number) if one == step]
    assert {level for _, level in told} == levels
    assert len(told) == len(levels)
    world.later(days=60)
    assert [(one, level) for one, level, _ in world.escalations(number) if one == step] == told
