"""The demonstration bureau becomes rows: units, officers, channels, categories, the dictionary, the calendar."""

from sqlalchemy import Connection, insert

from engine.casework.authentication import hash_password
from engine.casework.calendar_store import seed_calendar
from engine.casework.demo.bureau import CATEGORIES, CHANNELS, MAIL, OFFICERS, PASSWORD, UNITS
from engine.casework.demo.keywords import RULES
from engine.casework.keywords import store
from engine.casework.models import Category, Channel, Holding, Officer, Unit


def found(connection: Connection) -> None:
    """Create the bureau, in the caller's transaction. The database must have no officer yet."""
    units = _units(connection)
    _officers(connection, units)
    _channels(connection, units)
    _categories(connection)
    store.write(connection, RULES, actor="system", reason="演示词库", restores=None)
    seed_calendar(connection)


def _units(connection: Connection) -> dict[str, int]:
    ids: dict[str, int] = {}
    for position, unit in enumerate(UNITS):
        row = insert(Unit).values(
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            parent_id=ids[unit.parent] if unit.parent else None,
            names=list(unit.names),
            generic=list(unit.generic),
            places=list(unit.places),
            phone=unit.phone or None,
            position=position,
        )
        ids[unit.code] = connection.execute(row.returning(Unit.id)).scalar_one()
    return ids


def _officers(connection: Connection, units: dict[str, int]) -> None:
    # One hash for all: hashing is slow on purpose, and the password is no secret.
    password_hash = hash_password(PASSWORD)
    for officer in OFFICERS:
        row = insert(Officer).values(
            login=officer.login,
            name=officer.name,
            badge=officer.badge,
            unit_id=units[officer.unit],
            password_hash=password_hash,
            email=f"{officer.login}@{MAIL}",
        )
        number = connection.execute(row.returning(Officer.id)).scalar_one()
        holdings = [
            {"officer_id": number, "role": role, "unit_id": units[unit] if unit else None}
            for role, unit in officer.holdings
        ]
        if holdings:
            connection.execute(insert(Holding), holdings)


def _channels(connection: Connection, units: dict[str, int]) -> None:
    rows = [
        {
            "code": channel.code,
            "name": channel.name,
            "receiving_unit_id": units[channel.receiving_unit],
            "medium": channel.medium,
            "delivery": channel.delivery,
            "online": channel.online,
            "solicited": channel.solicited,
            "clock": channel.clock,
            "number_label": channel.number_label,
            "column_mapping": channel.column_mapping,
            "address": channel.address or None,
            "position": position,
        }
        for position, channel in enumerate(CHANNELS)
    ]
    connection.execute(insert(Channel), rows)


def _categories(connection: Connection) -> None:
    ids: dict[str, int] = {}
    for position, category in enumerate(CATEGORIES):
        row = insert(Category).values(
            code=category.code,
            name=category.name,
            parent_id=ids[category.parent] if category.parent else None,
            kind=category.kind,
            topic=category.topic or None,
            conduct=category.conduct,
            position=position,
        )
        ids[category.code] = connection.execute(row.returning(Category.id)).scalar_one()
