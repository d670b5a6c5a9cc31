"""Role x object: who may know of which matter, cell by cell, on the database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from engine.casework import permissions
from engine.casework.models import Matter, MatterAccused
from engine.casework.permissions import TABLE, grants, holders, may, may_know, require, visible
from engine.casework.roles import ROLES, grant
from engine.runtime import NotFound
from tests.journeys.bureau import Person, World

# Units: command receives, traffic handles, station supervises, legal_office has nothing to do with it; squad lies in
# traffic. The objects are matters of that kind; each is described by who is accused.
OBJECTS = (
    "own",  # received by command, handled by traffic, supervised by station
    "unassigned",  # received by command, handled by nobody yet
    "elsewhere",  # received and handled by units that none of the officers in units belongs to
    "accuses_traffic",
    "accuses_command",
    "accuses_station",
    "accuses_bureau",
    "accuses_officer",  # the officer of that row, by name
    "closed",
    "repeat",
)
NOTHING = dict.fromkeys(OBJECTS, False)
EVERYTHING = dict.fromkeys(OBJECTS, True) | {"accuses_officer": False}

EXPECTED: dict[str, dict[str, bool]] = {
    "receiver@command": EVERYTHING | {"elsewhere": False, "accuses_command": False, "accuses_bureau": False},
    "liaison@traffic": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_traffic": False, "accuses_bureau": False},
    "handler@traffic": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_traffic": False, "accuses_bureau": False},
    "instructor@traffic": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_traffic": False, "accuses_bureau": False},
    "unit_leader@traffic": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_traffic": False, "accuses_bureau": False},
    # A bureau leader is in charge of the unit, not of it; he belongs to the leadership, and so to the bureau.
    "bureau_leader@traffic": EVERYTHING | {"unassigned": False, "elsewhere": False, "accuses_bureau": False},
    # In the supervising unit those who lead see it, those who handle do not.
    "liaison@station": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_station": False, "accuses_bureau": False},
    "instructor@station": EVERYTHING
    | {"unassigned": False, "elsewhere": False, "accuses_station": False, "accuses_bureau": False},
    "handler@station": NOTHING,
    # An officer of a squad belongs to the brigade it lies in; the squad handles nothing here.
    "handler@squad": NOTHING,
    "receiver@traffic": NOTHING,
    "director": EVERYTHING | {"accuses_bureau": False},
    "visitor": EVERYTHING | {"accuses_bureau": False},
    "legal": EVERYTHING | {"accuses_bureau": False},
    # The inspectorate investigates accusations, also those against the whole bureau.
    "inspector": EVERYTHING,
    "process_owner": NOTHING,
    "system_admin": NOTHING,
    "security_admin": NOTHING,
    "audit_admin": NOTHING,
}
HOME = {
    "bureau_leader@traffic": "leadership",
    "director": "leadership",
    "visitor": "office",
    "legal": "office",
    "inspector": "inspectorate",
}


@pytest.fixture(scope="module")
def bureau(template: str) -> Iterator[tuple[sa.Engine, dict[str, int], dict[str, int]]]:
    """A database with one officer for each row of the matrix and one matter for each object, written directly."""
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql("create database permissions template minyi_template")
    engine = sa.create_engine(sa.make_url(template).set(database="permissions"))
    units: dict[str, int] = {}
    officers: dict[str, int] = {}
    with engine.begin() as connection:

        def insert(table: str, **values: object) -> int:
            columns = sa.table(table, sa.column("id"), *(sa.column(name) for name in values))
            statement = sa.insert(columns).values(**values).returning(columns.c.id)
            identifier: int = connection.execute(statement).scalar_one()
            return identifier

        for code, kind, parent in (
            ("bureau", "bureau", None),
            ("leadership", "leadership", "bureau"),
            ("office", "office", "bureau"),
            ("command", "department", "bureau"),
            ("traffic", "brigade", "bureau"),
            ("squad", "squad", "traffic"),
            ("station", "station", "bureau"),
            ("other", "station", "bureau"),
            ("inspectorate", "inspectorate", "bureau"),
        ):
            units[code] = insert("unit", code=code, name=code, kind=kind, parent_id=units.get(parent or ""))
        for held in EXPECTED:
            role, _, unit = held.partition("@")
            home = units[HOME.get(held, unit or "office")]
            officers[held] = insert("officer", login=held, name=held, unit_id=home)
            insert("holding", officer_id=officers[held], role=role, unit_id=units.get(unit))
        channel = insert(
            "channel",
            code="c",
            name="c",
            receiving_unit_id=units["command"],
            medium="phone",
            delivery="typed",
            clock="hotline",
        )
        petitioner = insert("petitioner", anonymous=True)
        numbers: dict[str, int] = {}
        for name in OBJECTS:
            receives, handles = ("other", "other") if name == "elsewhere" else ("command", "traffic")
            numbers[name] = insert(
                "matter",
                number=name,
                channel_id=channel,
                title=name,
                body=name,
                kind="request",
                receiving_unit_id=units[receives],
                handling_unit_id=None if name == "unassigned" else units[handles],
                supervising_unit_id=None if name in {"unassigned", "elsewhere"} else units["station"],
                petitioner_id=petitioner,
                received_at=sa.func.clock_now(),
                imported_at=sa.func.clock_now(),
                registered_by="system",
                status="closed" if name == "closed" else "open",
                closed_at=sa.func.clock_now() if name == "closed" else None,
                primary_id=numbers.get("own") if name == "repeat" else None,
            )
        for name in ("traffic", "command", "station", "bureau"):
            insert("matter_accused", matter_id=numbers[f"accuses_{name}"], unit_id=units[name])
        for officer in officers.values():
            insert("matter_accused", matter_id=numbers["accuses_officer"], officer_id=officer)
    yield engine, units, officers
    engine.dispose()
    with administration.connect() as connection:
        connection.exec_driver_sql("drop database permissions with (force)")
    administration.dispose()


def person(connection: sa.Connection, officer: int) -> Person:
    return Person(officer, grants(connection, officer))


@pytest.mark.parametrize("held", EXPECTED)
def test_who_may_know_of_what(bureau: tuple[sa.Engine, dict[str, int], dict[str, int]], held: str) -> None:
    engine, _, officers = bureau
    with engine.connect() as connection:
        who = person(connection, officers[held])
        seen = set(connection.execute(sa.select(Matter.number).where(visible(who))).scalars())
        assert {name: name in seen for name in OBJECTS} == EXPECTED[held]
        for name in OBJECTS:
            if EXPECTED[held][name]:
                assert may(connection, who, "view", require(connection, who, "view", name))
            else:
                with pytest.raises(NotFound) as hidden:
                    require(connection, who, "view", name)
                with pytest.raises(NotFound) as unknown:
                    require(connection, who, "view", "MY1900-000001")
                assert hidden.value.message == unknown.value.message


@pytest.mark.parametrize("action", TABLE)
def test_no_action_reaches_further_than_seeing(
    bureau: tuple[sa.Engine, dict[str, int], dict[str, int]], action: permissions.Action
) -> None:
    engine, _, officers = bureau
    with engine.connect() as connection:
        for officer in officers.values():
            who = person(connection, officer)
            allowed = set(connection.execute(sa.select(Matter.id).where(permissions.permitted(who, action))).scalars())
            seen = set(connection.execute(sa.select(Matter.id).where(visible(who))).scalars())
            if permissions.roles_of(who.grants) == {"process_owner"} and action in permissions.BY_HAND:
                # They mend processes they know without their matters, but none that accuses them or their units.
                seen = set(connection.execute(sa.select(Matter.id).where(permissions.unaccused(who))).scalars())
                assert seen < set(connection.execute(sa.select(Matter.id)).scalars())
            assert allowed <= seen


@pytest.mark.parametrize(
    ("held", "action", "allowed"),
    [
        ("handler@traffic", "view_personal", True),
        ("unit_leader@traffic", "view_personal", False),
        ("liaison@station", "view_personal", False),
        ("director", "view_personal", False),
        ("legal", "view_personal", False),
        ("visitor", "view_personal", True),
        ("instructor@traffic", "acknowledge", True),
        ("instructor@station", "acknowledge", False),
        ("handler@traffic", "acknowledge", False),
        ("visitor", "comment", False),
        ("receiver@command", "register", True),
        ("receiver@traffic", "register", False),
        ("inspector", "register", False),
    ],
)
def test_what_may_be_done(
    bureau: tuple[sa.Engine, dict[str, int], dict[str, int]], held: str, action: permissions.Action, allowed: bool
) -> None:
    engine, _, officers = bureau
    with engine.connect() as connection:
        who = person(connection, officers[held])
        number = connection.execute(sa.select(Matter.id).where(Matter.number == "own")).scalar_one()
        assert may(connection, who, action, number) is allowed


def test_every_role_has_a_row_in_the_matrix() -> None:
    assert {held.partition("@")[0] for held in EXPECTED} == set(ROLES)


def test_who_may_be_told_agrees_with_who_may_see(
    bureau: tuple[sa.Engine, dict[str, int], dict[str, int]],
) -> None:
    engine, _, officers = bureau
    with engine.connect() as connection:
        for row in connection.execute(sa.select(Matter.id, Matter.number)).all():
            told = may_know(connection, row.id, list(officers.values()))
            for held, officer in officers.items():
                who = person(connection, officer)
                unaccused = sa.select(Matter.id).where(Matter.id == row.id, permissions.unaccused(who))
                assert (officer in told) == (connection.execute(unaccused).first() is not None), (held, row.number)


def test_whoever_is_not_active_holds_nothing(bureau: tuple[sa.Engine, dict[str, int], dict[str, int]]) -> None:
    engine, units, officers = bureau
    with engine.connect() as connection:
        handler = officers["handler@traffic"]
        own = connection.execute(sa.select(Matter.id).where(Matter.number == "own")).scalar_one()
        assert grants(connection, handler) == [f"handler@{units['traffic']}"]
        assert holders(connection, "handler", units["traffic"]) == [handler]
        assert holders(connection, "inspector") == [officers["inspector"]]
        connection.execute(sa.text("update officer set active = false where id = :id"), {"id": handler})
        assert grants(connection, handler) == []
        assert holders(connection, "handler", units["traffic"]) == []
        assert may_know(connection, own, [handler]) == []


def test_an_accusation_added_later_hides_the_matter(world: World) -> None:
    number = world.register("幸福路乱停车").number
    handler = world.person("handler")
    with world.engine.begin() as connection:
        matter = require(connection, handler, "view", number)
        connection.execute(sa.insert(MatterAccused).values(matter_id=matter, officer_id=handler.id))
        with pytest.raises(NotFound):
            require(connection, handler, "view", number)


def test_candidate_strings() -> None:
    assert grant("handler", 7) == "handler@7"
    assert grant("director", 7) == "director@*"
    with pytest.raises(ValueError, match="哪个单位"):
        grant("handler", None)
    with pytest.raises(ValueError, match="没有"):
        grant("king", 1)
