"""Same, perhaps, other: what is linked by itself, what is asked, and what somebody decides of it."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.casework import commands, earlier, likeness, text_index
from engine.casework.errors import AlreadyRegistered, NotPermitted
from engine.runtime import NotFound
from tests.journeys.bureau import World

# Twice the same heap of earth, in words of their own; the third is elsewhere.
HEAP = ("鹭鸣桥头堆了渣土", "鹭鸣桥东头堆了一大堆渣土，下雨就流到路面，电动车容易滑倒，已经堆了半个月没有人管。")
AGAIN = ("鹭鸣桥渣土没人清理", "我每天经过鹭鸣桥，桥东头的渣土还在，一下雨满路泥水，请尽快安排清理。")
OTHER = ("宠物医院不给退费", "在宠物医院办了卡，现在医院换了老板，卡里的钱不认，希望退费。")
COPY = HEAP[1] + "希望有关部门到现场看一看，给附近的居民一个说法，不要等到出了事故再来处理。"


def register(world: World, text: tuple[str, str], **given: object) -> str:
    return world.register(*text, **given).number  # type: ignore[arg-type]


def kept(world: World, number: str) -> list[tuple[str, str | None]]:
    rows = world.rows(
        "select o.number, l.decision from likeness l join matter m on m.id = l.matter_id "
        "join matter o on o.id = l.other_id where m.number = :number order by l.score desc",
        number=number,
    )
    return [(row["number"], row["decision"]) for row in rows]


@pytest.fixture
def pair(world: World) -> tuple[str, str]:
    """A matter that waits to be accepted, and an earlier one that it may repeat."""
    first = register(world, HEAP)
    return first, register(world, AGAIN, channel="mayor")


def link(world: World, login: str, number: str, other: str, reason: str = "") -> bool:
    return commands.link(world.engine, world.runtime, world.person(login), number, other, reason=reason)


def unlink(world: World, login: str, number: str, other: str, reason: str = "看错了，是两处。") -> bool:
    return commands.unlink(world.engine, world.runtime, world.person(login), number, other, reason=reason)


def test_the_three_bands_link_ask_and_forget(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    assert kept(world, second) == [(first, None)]
    assert world.matter(second)["primary_id"] is None
    assert world.waiting(second) == ["accept"]
    third = register(world, (HEAP[0], COPY), channel="mayor")
    fourth = register(world, (HEAP[0], COPY))
    assert world.matter(fourth)["primary_id"] is not None
    assert kept(world, fourth) == []
    assert kept(world, register(world, OTHER)) == []
    assert third != fourth


def test_a_record_pushed_twice_is_the_same_record_and_no_repeat(world: World) -> None:
    number = register(world, HEAP, channel_number="A-1")
    with pytest.raises(AlreadyRegistered) as refused:
        register(world, HEAP, channel_number="A-1")
    assert (refused.value.number, refused.value.same) == (number, True)
    assert world.column("select number from matter") == [number]


def test_what_is_said_to_be_the_same_waits_for_the_answer_and_goes_on_with_it(
    world: World, pair: tuple[str, str]
) -> None:
    first, second = pair
    assert link(world, "receiver", second, first) is True
    matter = world.matter(second)
    assert (matter["status"], matter["stage"]) == ("waiting", "primary_replied")
    assert matter["primary_id"] == world.matter(first)["id"]
    assert world.waiting(second) == []
    assert kept(world, second) == [(first, "same")]
    assert "linked" in world.history(second)
    world.do(first, "accept", "receiver")
    world.do(first, "assign", "receiver", unit=world.unit("traffic"), kind="request", severity="ordinary")
    world.to_reply(first)
    world.do(first, "reply", "receiver")
    world.deliver()
    assert world.waiting(second) == ["reply"]
    world.do(second, "reply", "receiver")
    world.deliver()
    assert (world.matter(second)["status"], world.matter(second)["outcome"]) == ("closed", "repeat")


def test_a_repeat_of_an_answered_matter_goes_to_its_reply_at_once(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    world.do(
        first, "accept", "receiver", decision="not_accepted", ground="unclear", reason="没有具体事实，也无法核实。"
    )
    world.do(first, "reply", "receiver")
    world.deliver()
    assert link(world, "receiver", second, first) is True
    assert world.waiting(second) == ["reply"]
    assert world.matter(second)["status"] == "open"


@pytest.mark.parametrize("step", ["accept", "assign"])
def test_unlinking_puts_a_matter_back_where_it_was_taken_from(world: World, pair: tuple[str, str], step: str) -> None:
    first, second = pair
    if step == "assign":
        world.do(second, "accept", "receiver")
    assert world.waiting(second) == [step]
    link(world, "receiver", second, first)
    assert unlink(world, "receiver", second, first) is True
    matter = world.matter(second)
    assert (matter["primary_id"], matter["status"], matter["stage"]) == (None, "open", step)
    assert world.waiting(second) == [step]
    assert kept(world, second) == [(first, "different")]
    assert "unlinked" in world.history(second)
    # Nothing is told to it any more, and it can be worked to its end.
    world.do(first, "accept", "receiver", decision="not_accepted", ground="unclear", reason="没有具体事实，无法核实。")
    world.do(first, "reply", "receiver")
    world.deliver()
    assert world.waiting(second) == [step]


def test_what_was_linked_by_itself_goes_back_to_be_accepted(world: World) -> None:
    first = register(world, (HEAP[0], COPY))
    second = register(world, (HEAP[0], COPY), channel="mayor")
    assert world.matter(second)["status"] == "waiting"
    assert unlink(world, "receiver", second, first) is True
    assert world.waiting(second) == ["accept"]
    matter = world.matter(second)
    assert (matter["status"], matter["primary_id"]) == ("open", None)
    assert "primary" not in matter["judgement"]


def test_what_a_unit_works_on_is_related_only_and_goes_on_undisturbed(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    world.do(second, "accept", "receiver")
    world.do(second, "assign", "receiver", unit=world.unit("traffic"), kind="request", severity="ordinary")
    assert link(world, "receiver", second, first) is False
    assert world.waiting(second) == ["sign"]
    assert world.matter(second)["primary_id"] is None
    assert kept(world, second) == [(first, "same")]
    with world.engine.connect() as connection:
        person = world.person("receiver")
        both = [likeness.asked(connection, person, world.matter(number)["id"]) for number in (second, first)]
    assert [[one.number for one in found] for found in both] == [[first], [second]]
    world.to_reply(second)
    assert unlink(world, "receiver", second, first) is False
    assert kept(world, second) == [(first, "different")]


def test_an_answer_that_is_out_cannot_be_unlinked(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    world.do(first, "accept", "receiver", decision="not_accepted", ground="unclear", reason="没有具体事实，无法核实。")
    world.do(first, "reply", "receiver")
    world.deliver()
    link(world, "receiver", second, first)
    world.do(second, "reply", "receiver")
    world.deliver()
    with pytest.raises(NotPermitted, match="已经"):
        unlink(world, "receiver", second, first)
    assert world.matter(second)["outcome"] == "repeat"


def test_a_reason_is_needed_and_screened(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    link(world, "receiver", second, first)
    with pytest.raises(NotPermitted, match="理由"):
        unlink(world, "receiver", second, first, "  ")
    with pytest.raises(NotPermitted, match="涉密"):
        unlink(world, "receiver", second, first, "机密★10年")
    with pytest.raises(NotPermitted, match="最多"):
        unlink(world, "receiver", second, first, "因" * 501)
    assert world.matter(second)["status"] == "waiting"


def test_only_the_receiver_and_inspectors_may_and_nobody_learns_more(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    for login in ("liaison", "visitor", "instructor", "leader"):
        with pytest.raises(NotFound):
            link(world, login, second, first)
        with pytest.raises(NotFound):
            commands.tell_apart(world.engine, world.runtime, world.person(login), second, first)
    with pytest.raises(NotFound):
        link(world, "receiver", second, "MY1900-000001")
    assert link(world, "inspector", second, first) is True
    for login in ("liaison", "visitor"):
        with pytest.raises(NotFound):
            unlink(world, login, second, first)


def test_a_matter_that_accuses_an_officers_unit_is_neither_shown_nor_linked(
    world: World, pair: tuple[str, str]
) -> None:
    first, second = pair
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("insert into matter_accused (matter_id, unit_id) select id, :unit from matter where number = :n"),
            {"unit": world.unit("command"), "n": first},
        )
        matter_id = world.matter(second)["id"]
        assert likeness.asked(connection, world.person("receiver"), matter_id) == []
        assert [one.number for one in likeness.asked(connection, world.person("inspector"), matter_id)] == [first]
        assert likeness.texts(connection, world.person("receiver"), [first, second]).keys() == {second}
    with pytest.raises(NotFound):
        link(world, "receiver", second, first)
    with pytest.raises(NotFound):
        commands.tell_apart(world.engine, world.runtime, world.person("receiver"), second, first)
    link(world, "inspector", second, first)
    details = world.column(
        "select e.details from history_event e join matter m on m.id = e.matter_id where m.number = :n", n=second
    )
    assert first not in json.dumps(details, ensure_ascii=False)


def test_a_matter_never_waits_for_those_it_accuses(world: World) -> None:
    first = register(world, HEAP)
    world.do(first, "accept", "receiver")
    world.do(first, "assign", "receiver", unit=world.unit("traffic"), kind="request", severity="ordinary")
    second = register(world, AGAIN, channel="mayor", accused_units=(world.unit("traffic"),))
    with pytest.raises(NotPermitted, match="承办单位"):
        link(world, "receiver", second, first)
    assert world.matter(second)["primary_id"] is None


def test_two_matters_never_wait_for_each_other(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    link(world, "receiver", second, first)
    with pytest.raises(NotPermitted, match="重复件"):
        link(world, "receiver", first, second)
    third = register(world, ("鹭鸣桥渣土", "鹭鸣桥东头有渣土，电动车滑倒。"), channel="visits")
    if world.matter(third)["primary_id"] is None:
        link(world, "receiver", third, second)
    # Whoever is linked to a repeat waits for the original.
    assert world.matter(third)["primary_id"] == world.matter(first)["id"]
    with pytest.raises(NotPermitted, match="重复件"):
        link(world, "receiver", first, third)
    unlink(world, "receiver", third, first)
    assert world.matter(third)["primary_id"] is None
    assert {decision for _, decision in kept(world, third)} <= {"different", None}


def test_at_the_end_of_a_chain_is_the_matter_that_is_answered(world: World) -> None:
    titles = ("有件事情想请你们帮忙看看", "想问一问夜间巡逻", "楼道里的旧家具", "河边的石凳坏了")
    one, two, three, four = (register(world, (title, title)) for title in titles)
    link(world, "receiver", three, two)
    link(world, "receiver", two, one)
    link(world, "receiver", four, three)
    assert world.matter(four)["primary_id"] == world.matter(one)["id"]
    with pytest.raises(NotPermitted, match="重复件"):
        link(world, "receiver", one, four)


def test_what_was_told_apart_is_asked_no_more(world: World, pair: tuple[str, str]) -> None:
    first, second = pair
    commands.tell_apart(world.engine, world.runtime, world.person("receiver"), second, first)
    assert kept(world, second) == [(first, "different")]
    assert "told_apart" in world.history(second)
    assert world.waiting(second) == ["accept"]
    link(world, "receiver", second, first)
    with pytest.raises(NotPermitted, match="解除"):
        commands.tell_apart(world.engine, world.runtime, world.person("receiver"), second, first)


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Iterator[Path]:
    text_index.use_folder(world.engine.url, tmp_path / "index")
    yield tmp_path / "index"
    text_index.use_folder(world.engine.url, tmp_path / "nowhere")


def found(world: World, number: str) -> list[str]:
    """Return the numbers of the earlier matters that this one may be about too."""
    with world.engine.connect() as connection:
        row = (
            connection.execute(
                sa.text(
                    "select m.*, p.name as petitioner_name, p.phone as petitioner_phone, "
                    "p.identity_number as petitioner_identity_number "
                    "from matter m join petitioner p on p.id = m.petitioner_id where m.number = :number"
                ),
                {"number": number},
            )
            .mappings()
            .one()
        )
        ids = [int(match.id) for match in earlier.matches(connection, row)]
    return [world.value("select number from matter where id = :id", id=one) for one in ids]


def test_the_index_gives_the_same_answers_as_reading_the_matters(world: World, folder: Path) -> None:
    first = register(world, HEAP)
    others = [register(world, (f"第{n}号楼物业费", f"第{n}号楼的物业费为什么涨了{n}元。")) for n in range(8)]
    second = register(world, AGAIN, channel="mayor")
    without = found(world, second)
    assert without[:1] == [first]
    assert not set(without) & set(others)
    assert text_index.rebuild(world.engine, folder) == 10
    assert found(world, second) == without
    with world.engine.connect() as connection:
        index = text_index.index_of(connection)
        assert text_index.not_yet_indexed(connection, index.watermark) == []


def test_two_equal_letters_find_each_other_before_the_index_has_taken_in_either(world: World, folder: Path) -> None:
    text_index.rebuild(world.engine, folder)
    first = register(world, (HEAP[0], COPY))
    assert world.matter(register(world, (HEAP[0], COPY), channel="mayor"))["primary_id"] == world.matter(first)["id"]
    text_index.Follower(world.engine, folder).round()
    third = register(world, (HEAP[0], COPY), channel="visits")
    assert world.matter(third)["primary_id"] == world.matter(first)["id"]


def test_without_an_index_the_newest_matters_are_held_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier, "HELD", 3)
    register(world, HEAP)
    for n in itertools.islice(itertools.count(1), 3):
        register(world, (f"第{n}号楼物业费", f"第{n}号楼的物业费为什么涨了{n}元。"))
    # The first is not among the newest three any longer.
    assert found(world, register(world, AGAIN, channel="mayor")) == []
    known = earlier._known[str(world.engine.url)]
    assert len(known.beside) <= 3
