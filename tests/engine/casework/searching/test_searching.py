"""What a search finds, for whom, and what stays of it: results, counts, suggestions, the record."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from engine.casework import text_index
from engine.casework.errors import SecretSuspected
from engine.casework.models import Matter
from engine.casework.permissions import visible
from engine.casework.petitioners import PetitionerFacts
from engine.casework.searching import Asked, Results, search
from rules.query import parse
from rules.text_index import Sought
from tests.engine.casework.test_permissions import EXPECTED, OBJECTS, bureau, person
from tests.engine.casework.text_index.conftest import Indexed
from tests.journeys.bureau import MONDAY, Person

__all__ = ["bureau"]

PARKING = "望月路违停严重"


def searched(indexed: Indexed, who: str | Person, typed: str = "", **narrowed) -> Results:
    officer = indexed.world.person(who) if isinstance(who, str) else who
    with indexed.world.engine.begin() as connection:
        return search(connection, officer, Asked(typed, **narrowed))


def numbers(found: Results) -> list[str]:
    return [row.plain_number for row in found.rows]


def text_of(fragments) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in fragments)


# who may know of what ---------------------------------------------------------------------------------
@pytest.mark.parametrize("with_index", [True, False])
def test_each_role_finds_what_it_may_know_of_and_counts_nothing_else(bureau, tmp_path, with_index):
    """The matrix of permissions, searched: by what all have in common, by filters, by each matter's own words."""
    engine, _, officers = bureau
    text_index.use_folder(engine.url, tmp_path)
    if with_index:
        text_index.rebuild(engine, tmp_path)
    for held, allowed in EXPECTED.items():
        with engine.begin() as connection:
            who = person(connection, officers[held])
            seen = {name for name, may in allowed.items() if may}
            assert seen == set(connection.execute(sa.select(Matter.number).where(visible(who))).scalars())
            found = search(connection, who, Asked(kind="request"))
            assert found.without == ("" if with_index else "missing")
            assert (set(numbers(found)), found.total) == (seen, len(seen)), held
            if with_index:
                assert sum(found.counts["status"].values()) == len(seen)
                assert sum(found.counts["receiving"].values()) == len(seen)
                assert set(found.names["receiving"]) == set(found.counts["receiving"])
            for name in OBJECTS:
                alone = search(connection, who, Asked(name))
                assert (name in numbers(alone)) is (name in seen), (held, name)
                assert alone.total == len(alone.rows)
                assert {row.plain_number for row in alone.rows} <= seen
            # Mistyped: only what may be seen is proposed.
            assert {one.text for one in search(connection, who, Asked("clozed")).suggestions} <= seen


def test_the_accused_are_not_shown_what_the_index_does_not_know_yet(indexed):
    """Accused after it was indexed: no result, no count, no suggestion, from the next moment on."""
    world = indexed.world
    number = world.register(PARKING, "望月路天天违停").number
    for login, step in (("receiver", "accept"), ("liaison", "sign")):
        if step in world.waiting(number):
            world.do(number, step, login)
    indexed.follower.round()
    assert numbers(searched(indexed, "handler", "望月路")) == [number]
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("insert into matter_accused (matter_id, unit_id) select id, :unit from matter"),
            {"unit": world.unit("traffic")},
        )
    for typed in ("望月路", "忘月路"):
        found = searched(indexed, "handler", typed)
        assert (found.total, found.rows, found.suggestions) == (0, (), ())
        assert not any(found.counts.values())
    assert searched(indexed, "inspector", "望月路").total == 1
    assert [one.text for one in searched(indexed, "inspector", "忘月路").suggestions] == ["望月路"]
    indexed.follower.round()
    assert searched(indexed, "handler", "望月路").total == 0
    assert searched(indexed, "inspector", "望月路").total == 1


def test_a_unit_that_is_asked_finds_the_matter_until_it_is_closed(indexed):
    world = indexed.world
    number = world.register(PARKING).number
    asked = f"liaison@{world.unit('station')}"
    with world.engine.begin() as connection:
        connection.execute(sa.text("insert into matter_asked select id, :one from matter"), {"one": asked})
    indexed.follower.round()
    assert numbers(searched(indexed, "station_liaison", "违停")) == [number]
    assert searched(indexed, "station_handler", "违停").total == 0
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set status = 'closed', closed_at = now()"))
    assert searched(indexed, "station_liaison", "违停").total == 0
    indexed.follower.round()
    assert searched(indexed, "station_liaison", "违停").total == 0


# people -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("with_index", [True, False])
def test_a_person_is_found_only_by_who_may_see_the_person_in_full(indexed, with_index):
    world = indexed.world
    world.grant("visitor", "legal")
    petitioner = PetitionerFacts(name="欧阳文静", phone="139 1234 5678", address="城关镇九州花园3栋")
    number = world.register(PARKING, petitioner=petitioner).number
    world.register("另一件违停")
    world.grant("station_liaison", "director")
    if with_index:
        indexed.follower.round()
    for typed in ("欧阳文静", "13912345678", "139-1234", "九州花园"):
        assert numbers(searched(indexed, "inspector", typed)) == [number], typed
        # A director sees the matter with its petitioner masked: nothing is found by them, nor said to be there.
        found = searched(indexed, "station_liaison", typed)
        assert (found.total, found.suggestions) == (0, ())
    assert numbers(searched(indexed, "station_liaison", "望月路")) == [number]
    (row,) = searched(indexed, "inspector", "欧阳文静 13912345678").rows
    assert row.matched == ("姓名", "电话")
    assert "欧阳" not in repr(row)
    (row,) = searched(indexed, "station_liaison", "望月路").rows
    assert row.matched == ()
    if with_index:
        assert [one.text for one in searched(indexed, "inspector", "欧阳文婧").suggestions] == ["欧阳文静"]
        assert searched(indexed, "station_liaison", "欧阳文婧").suggestions == ()


@pytest.mark.parametrize("with_index", [True, False])
def test_a_number_in_a_letter_is_found_only_by_who_may_see_it(indexed, with_index):
    world = indexed.world
    world.grant("station_liaison", "director")
    told = "望月路违停占道，车主电话139 1234 5678，不肯挪车。"
    number = world.register("望月路违停", told).number
    if with_index:
        indexed.follower.round()
    for typed in ("13912345678", "139-1234", "3912345"):
        assert numbers(searched(indexed, "inspector", typed)) == [number], typed
        assert searched(indexed, "station_liaison", typed).total == 0, typed
    assert numbers(searched(indexed, "inspector", "车主电话139")) == [number]
    assert numbers(searched(indexed, "station_liaison", "不肯挪车")) == [number]
    assert numbers(searched(indexed, "station_liaison", number)) == [number]


def test_who_may_no_longer_see_the_person_does_not_find_them_before_the_index_knows(indexed):
    """The matter goes to another unit; the liaison of the supervising one still sees it, and its petitioner masked."""
    world = indexed.world
    number = world.register(PARKING, petitioner=PetitionerFacts(name="欧阳文静", phone="13912345678")).number
    units = {"mine": world.unit("station"), "other": world.unit("traffic")}
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set handling_unit_id = :mine, supervising_unit_id = :mine"), units)
    indexed.follower.round()
    assert numbers(searched(indexed, "station_liaison", "欧阳文静")) == [number]
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set handling_unit_id = :other"), units)
    for _ in range(2):
        found = searched(indexed, "station_liaison", "欧阳文静")
        assert (found.total, found.rows) == (0, ())
        assert searched(indexed, "station_liaison", "欧阳文婧").suggestions == ()
        assert numbers(searched(indexed, "station_liaison", "望月路")) == [number]
        indexed.follower.round()


# what is found and shown ------------------------------------------------------------------------------
def test_results_say_where_the_words_stand(indexed):
    world = indexed.world
    registered = world.register(
        "望月路违停",
        "早晚高峰" * 20 + "，校门口的护学岗没有人，孩子过马路很危险。" + "请尽快处理" * 20,
        place="城关镇望月路口",
    )
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into attachment (matter_id, hash, filename, media_type, size, uploaded_by, uploaded_at, text) "
                "values (:id, 'h', '说明.pdf', 'application/pdf', 1, '1', now(), '家长联名要求恢复护学岗')"
            ),
            {"id": registered.matter_id},
        )
        connection.execute(sa.text("update matter set reply = '护学岗已恢复执勤'"))
    indexed.follower.round()
    (row,) = searched(indexed, "inspector", "护学岗 望月").rows
    assert text_of(row.title) == "[望月]路违停"
    assert text_of(row.place) == "城关镇[望月]路口"
    assert text_of(row.body).startswith("…")
    assert "校门口的[护学岗]没有人" in text_of(row.body)
    assert text_of(row.body).endswith("…")
    assert text_of(row.reply) == "[护学岗]已恢复执勤"
    assert [(name, text_of(found)) for name, found in row.files] == [("说明.pdf", "家长联名要求恢复[护学岗]")]
    (row,) = searched(indexed, "inspector", registered.number[-4:]).rows
    assert text_of(row.number).endswith(f"[{registered.number[-4:]}]")


def test_a_search_is_narrowed_counted_ordered_and_paged(indexed):
    world = indexed.world
    old = world.register("望月路违停", received_at=MONDAY - timedelta(days=40)).number
    new = world.register("清风桥违停", "在望月路口").number
    other = world.register("没有路灯", "望月路").number
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set kind = 'complaint' where number = :one"), {"one": other})
        connection.execute(
            sa.text("update matter set status = 'closed', closed_at = now() where number = :one"), {"one": old}
        )
    indexed.follower.round()
    found = searched(indexed, "inspector", "望月路")
    assert numbers(found)[0] == old, "what stands in the title comes first"
    assert set(numbers(found)) == {old, new, other}
    assert found.counts["status"]["closed"] == 1
    assert found.counts["kind"] == {"request": 2, "complaint": 1} or found.counts["kind"]["complaint"] == 1
    assert numbers(searched(indexed, "inspector", "望月路", order="oldest"))[0] == old
    assert numbers(searched(indexed, "inspector", "望月路", order="newest"))[-1] == old
    assert numbers(searched(indexed, "inspector", "望月路", status="closed")) == [old]
    assert numbers(searched(indexed, "inspector", "望月路", kind="complaint")) == [other]
    assert numbers(searched(indexed, "inspector", "望月路 -路灯 -违停")) == []
    day = (MONDAY - timedelta(days=40)).date()
    assert numbers(searched(indexed, "inspector", "望月路", since=day, until=day)) == [old]
    assert set(numbers(searched(indexed, "inspector", "望月路", since=MONDAY.date(), until=date.max))) == {new, other}
    assert searched(indexed, "inspector", "望月路", receiving=world.unit("station")).total == 0
    with world.engine.begin() as connection:
        officer = world.person("inspector")
        pages = [search(connection, officer, Asked("望月路", page=page), per_page=2) for page in (1, 2, 3)]
    assert [len(one.rows) for one in pages] == [2, 1, 0]
    assert {one.total for one in pages} == {3}
    assert sorted(numbers(pages[0]) + numbers(pages[1])) == sorted(numbers(found))
    assert numbers(pages[0])[0] == old


def test_the_database_answers_alike_when_there_is_no_index(indexed):
    world = indexed.world
    old = world.register("望月路违停", received_at=MONDAY - timedelta(days=40)).number
    new = world.register("清风桥违停", "在望月路口").number
    asked = [
        {"typed": "望月路"}, {"typed": "望月路 违停"}, {"typed": "望月路 -清风桥"}, {"typed": '"在望月"'},
        {"typed": old}, {"typed": "桥", "since": MONDAY.date()}, {"typed": "", "repeat": "no"},
        {"typed": "", "attachments": "no"}, {"typed": "", "attachments": "yes"}, {"typed": "", "repeat": "yes"},
        {"typed": "100%"},
    ]  # fmt: skip
    plain = [searched(indexed, "inspector", **dict(one)) for one in asked]
    assert {one.without for one in plain} == {"missing"}
    assert numbers(plain[0]) == [new, old]
    indexed.follower.round()
    for one, before in zip(asked, plain, strict=True):
        found = searched(indexed, "inspector", **dict(one))
        assert found.without == ""
        assert (set(numbers(found)), found.total) == (set(numbers(before)), before.total), one


def test_it_says_that_an_index_is_being_built_and_that_one_stands_still(indexed, monkeypatch):
    world = indexed.world
    world.register(PARKING)
    seen = []

    def meanwhile(_done: int) -> None:
        seen.append(searched(indexed, "inspector", "望月路"))

    monkeypatch.setattr("rules.text_index_store.REPORT_EVERY", 1)
    text_index.rebuild(world.engine, indexed.folder, meanwhile)
    assert (seen[0].without, seen[0].total) == ("building", 1)
    assert (seen[-1].without, seen[-1].stale) == ("", False)
    world.register("清风桥违停")
    assert not searched(indexed, "inspector", "望月路").stale
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter_change set changed_at = changed_at - interval '2 minutes'"))
    assert searched(indexed, "inspector", "望月路").stale
    indexed.follower.round()
    assert not searched(indexed, "inspector", "望月路").stale


# the record -------------------------------------------------------------------------------------------
def test_a_search_stays_in_the_record_and_a_refused_one_does_not(indexed):
    world = indexed.world
    world.register(PARKING)
    indexed.follower.round()
    searched(indexed, "inspector", "望月路", status="open", since=MONDAY.date())
    searched(indexed, "liaison", "没有这样的词")
    searched(indexed, "liaison", "  ")
    rows = world.rows(
        "select o.login, asked, narrowed, found from search_entry e join officer o on o.id = officer_id order by e.id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("inspector", "望月路", {"status": "open", "since": "2026-03-02"}, rows[0]["found"]),
        ("liaison", "没有这样的词", {}, 0),
    ]
    with pytest.raises(SecretSuspected):
        searched(indexed, "inspector", "绝密★三十年 望月路")
    assert len(world.rows("select * from search_entry")) == 2


def test_whatever_is_typed_is_answered(indexed):
    world = indexed.world
    world.register(PARKING)
    for with_index in (False, True):
        if with_index:
            indexed.follower.round()
        for typed in (
            '"',
            "-",
            "%_\\",
            "\x00月",
            "'; drop table matter",
            "a" * 5000,
            "“没有关",
            "月" * 300,
            "👍",
            "\ud7ff",
        ):
            searched(indexed, "inspector", typed)
    assert searched(indexed, "inspector", "\x00望月").total == 1
    assert searched(indexed, "inspector", "望月", page=10**9).rows == ()


def test_what_the_index_sees_for_an_officer_is_what_the_database_shows(indexed):
    """A replaced document leaves no trace of what it was: its old unit does not find it any longer."""
    world = indexed.world
    number = world.register(PARKING).number
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set handling_unit_id = :unit"), {"unit": world.unit("traffic")})
    indexed.follower.round()
    assert numbers(searched(indexed, "handler", "违停")) == [number]
    with world.engine.begin() as connection:
        connection.execute(sa.text("update matter set handling_unit_id = :unit"), {"unit": world.unit("station")})
    assert searched(indexed, "handler", "违停").total == 0
    indexed.follower.round()
    assert searched(indexed, "handler", "违停").total == 0
    assert numbers(searched(indexed, "station_handler", "违停")) == [number]
    with world.engine.connect() as connection:
        seen = text_index.seen_by(connection, world.person("station_handler"))
        assert len(text_index.index_of(connection).ids(Sought(parse(""), seen))) == 1
