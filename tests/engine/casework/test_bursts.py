"""Many matters about the same thing within days: noticed once, told once, seen by whoever sees enough of them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.casework import bursts
from tests.journeys.bureau import World

# One event, each time in words of its own.
LETTERS = (
    ("滨江公寓地下车库进水", "滨江公寓地下车库昨晚进水，几十辆车被泡，物业不露面。"),
    ("滨江公寓车库被淹", "昨夜大雨，滨江公寓的地下车库被淹，车主损失很大，物业电话打不通。"),
    ("车库进水无人负责", "我住滨江公寓，地下车库进水把我的车泡了，物业说不归他们管。"),
    ("滨江公寓物业不作为", "滨江公寓地下车库进水，水泵坏了三个月没有修，物业不作为。"),
    ("请处理滨江公寓车库进水", "滨江公寓地下车库又进水了，车子全泡在水里，请尽快处理。"),
    ("滨江公寓水淹车", "滨江公寓地下车库水淹了车，找物业赔偿，物业推来推去。"),
    ("滨江公寓车主求助", "地下车库进水，滨江公寓的车主都在等赔偿，物业不理。"),
    ("滨江公寓车库积水", "滨江公寓地下车库积水半米深，进水的原因是水泵坏了，物业不修。"),
    ("滨江公寓地下车库泡车", "下雨天滨江公寓地下车库进水，泡了车，物业不赔偿。"),
    ("滨江公寓车库水泵坏了", "滨江公寓地下车库水泵坏了，一下雨就进水，物业没有修。"),
)
OTHERS = (
    ("护照遗失如何补办", "下月出国，护照找不到了，请问补办要带什么材料？"),
    ("身份证到期换证", "身份证到期了，换证需要什么材料，周末能办吗？"),
    ("居住证签注", "居住证到期签注需要本人去吗，带什么材料？"),
    ("户口迁移材料", "户口迁移需要哪些材料，多久能办好？"),
    ("驾驶证换证", "驾驶证到期换证需要什么材料，在哪里体检？"),
    ("无犯罪记录证明", "开无犯罪记录证明需要什么材料，可以代办吗？"),
)


def write(world: World, letters: tuple[tuple[str, str], ...], **given: object) -> list[str]:
    return [
        world.register(*text, channel=("12345", "mayor", "visits")[number % 3], **given).number  # type: ignore[arg-type]
        for number, text in enumerate(letters)
    ]


def seen(world: World, login: str) -> list[bursts.Burst]:
    with world.engine.connect() as connection:
        now = connection.execute(sa.text("select clock_now()")).scalar_one()
        found = bursts.bursts(connection, world.person(login), now=now, limit=20)
        assert bursts.count(connection, world.person(login), now) == len(found)
    return found


def told(world: World) -> list[tuple[str, str]]:
    return [
        (row["login"], row["text"])
        for row in world.rows(
            "select o.login, n.text from notice n join officer o on o.id = n.officer_id "
            "where n.kind = 'burst' order by n.id"
        )
    ]


def test_a_burst_is_noticed_at_its_fifth_matter_and_told_once(world: World) -> None:
    write(world, LETTERS[:4])
    assert seen(world, "inspector") == []
    assert told(world) == []
    write(world, LETTERS[4:7])
    (burst,) = seen(world, "inspector")
    assert burst.members == 7
    assert burst.recent == 7
    assert "滨江公寓" in burst.words
    assert "滨江" not in burst.words
    assert burst.title == LETTERS[0][0]
    assert [login for login, _ in told(world)] == ["inspector", "inspector2"]
    assert all("5 件" in words for _, words in told(world))


def test_it_is_told_again_when_it_has_doubled_and_not_before(world: World) -> None:
    write(world, LETTERS[:9])
    assert len(told(world)) == 2
    write(world, LETTERS[9:])
    assert seen(world, "inspector")[0].members == 10
    assert [words.split()[1] for _, words in told(world)[2:]] == ["10", "10"]


def test_matters_of_one_kind_are_no_event(world: World) -> None:
    write(world, OTHERS)
    assert seen(world, "inspector") == []


def test_what_comes_over_many_weeks_is_no_burst(world: World) -> None:
    for text in LETTERS[:6]:
        write(world, (text,))
        world.later(days=5)
    assert seen(world, "inspector") == []


def test_a_later_one_joins_what_is_not_long_over(world: World) -> None:
    write(world, LETTERS[:5])
    world.later(days=20)
    write(world, LETTERS[5:6])
    assert [burst.members for burst in seen(world, "inspector")] == [6]
    world.later(days=60)
    write(world, LETTERS[6:7])
    assert [burst.members for burst in seen(world, "inspector")] == [6]


def test_records_of_old_make_a_burst_that_nobody_is_told_of(world: World) -> None:
    received = world.now() - timedelta(days=100)
    write(world, LETTERS[:6], received_at=received)
    assert seen(world, "inspector")[0].members == 6
    assert told(world) == []


@pytest.fixture
def accusing(world: World) -> list[str]:
    """A burst of six, of which one accuses the inspectorate and two the receiver's own department."""
    numbers = write(world, LETTERS[:4])
    numbers += [
        world.register(*LETTERS[4], accused_units=(world.unit("inspectorate"),)).number,
        world.register(*LETTERS[5], accused_units=(world.unit("command"),)).number,
    ]
    return numbers


def test_whom_a_member_accuses_is_not_told_and_does_not_see_that_member(world: World, accusing: list[str]) -> None:
    # Inspectors belong to the inspectorate, which the fifth accuses.
    assert told(world) == []
    with world.engine.connect() as connection:
        now = connection.execute(sa.text("select clock_now()")).scalar_one()
        for login, hidden in (("inspector", 4), ("receiver", 5)):
            person = world.person(login)
            (number,) = world.column("select burst_id from burst_member limit 1")
            rows = bursts.members(connection, person, number, limit=20)
            assert accusing[hidden] not in {row.number for row in rows}
            found = bursts.one(connection, person, number, now)
            assert found is not None
            assert found.members == len(rows) == 5
            mine = world.matter(accusing[0])["id"]
            assert bursts.of_matter(connection, person, mine, now) == found


def test_whom_an_earlier_member_accuses_is_not_told_by_a_later_one(world: World) -> None:
    world.register(*LETTERS[0], accused_units=(world.unit("inspectorate"),))
    write(world, LETTERS[1:5])
    assert seen(world, "visitor")[0].members == 5
    assert told(world) == []


def test_whoever_sees_too_few_of_it_is_told_nothing(world: World, accusing: list[str]) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n"),
            {"unit": world.unit("command"), "n": accusing[0]},
        )
    assert seen(world, "receiver") == []
    assert seen(world, "handler") == []
    with world.engine.connect() as connection:
        now = connection.execute(sa.text("select clock_now()")).scalar_one()
        mine = world.matter(accusing[1])["id"]
        assert bursts.of_matter(connection, world.person("receiver"), mine, now) is None


def test_a_matter_without_likeness_costs_no_statement_more(world: World) -> None:
    statements: list[str] = []
    sa.event.listen(world.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    write(world, OTHERS[:1])
    assert not [one for one in statements if "burst" in one or "insert into likeness" in one]
