"""What the inspectorate opens by hand: a supervision of a matter, an accountability case, a rectification."""

from sqlalchemy import Connection, Engine, select, text

from engine.casework import history
from engine.casework.errors import NotPermitted
from engine.casework.models import Category, Unit
from engine.casework.permissions import Person, bureau_wide, grants, require, roles_of
from engine.casework.proceedings.opening import Opening, open_proceeding
from engine.casework.vocabulary import SUPERVISION_LEVELS
from engine.runtime import InvalidAnswers, Runtime

NOT_YOURS = "只有督察可以立督查、问责和整改件。"
LONGEST_TITLE, LONGEST_GROUND = 200, 2000
SHORTEST = 2

ANSWERABLE = text(
    # Locked before a number is taken, as a timer of the matter that opens one does: neither waits for the other then.
    "select coalesce(handling_unit_id, receiving_unit_id) as unit, number, title from matter where id = :id "
    "for no key update"
)


def supervise(engine: Engine, runtime: Runtime, officer: Person, matter_number: str, *, level: str, ground: str) -> str:
    """Open a supervision of a matter and return its number. The unit that handles the matter has to answer.

    Raises NotFound for a matter the officer may not know of, NotPermitted, InvalidAnswers.
    """
    with engine.begin() as connection:
        _permit(connection, officer)
        if level not in SUPERVISION_LEVELS:
            raise InvalidAnswers("请选择督查提示或督办单。")
        matter_id = require(connection, officer, "view", matter_number)
        row = connection.execute(ANSWERABLE, {"id": matter_id}).one()
        opening = Opening(
            "supervision",
            row.unit,
            f"{row.number}《{row.title}》",
            _text(ground, "督查理由", LONGEST_GROUND),
            level=level,
            matter_id=matter_id,
        )
        number = _begin(connection, runtime, officer, opening)
        opened = history.Entry("supervised", SUPERVISION_LEVELS[level], None, {"proceeding": number})
        history.append(connection, matter_id, [opened], actor=str(officer.id))
        return number


def open_accountability(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    *,
    unit_id: int,
    title: str,
    ground: str,
    matter_number: str = "",
) -> str:
    """Open an accountability case, about a matter or none, and return its number. Raises as :func:`supervise`."""
    with engine.begin() as connection:
        _permit(connection, officer)
        matter_id = require(connection, officer, "view", matter_number) if matter_number else None
        opening = Opening(
            "accountability",
            _unit(connection, unit_id),
            _text(title, "标题", LONGEST_TITLE),
            _text(ground, "立案理由", LONGEST_GROUND),
            matter_id=matter_id,
        )
        return _begin(connection, runtime, officer, opening)


def open_rectification(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    *,
    unit_id: int,
    title: str,
    ground: str,
    category_id: int | None = None,
) -> str:
    """Open a rectification of a fault (a category of matters, for counting its recurrence) and return its number."""
    with engine.begin() as connection:
        _permit(connection, officer)
        known = select(Category.id).where(Category.id == category_id, Category.active)
        if category_id is not None and connection.execute(known).first() is None:
            raise InvalidAnswers("没有这个民意类型。")
        opening = Opening(
            "rectification",
            _unit(connection, unit_id),
            _text(title, "标题", LONGEST_TITLE),
            _text(ground, "立项理由", LONGEST_GROUND),
            category_id=category_id,
        )
        return _begin(connection, runtime, officer, opening)


def _permit(connection: Connection, officer: Person) -> None:
    if not bureau_wide(roles_of(grants(connection, officer.id)), "supervise"):
        raise NotPermitted(NOT_YOURS)


def _unit(connection: Connection, unit_id: int) -> int:
    if connection.execute(select(Unit.id).where(Unit.id == unit_id, Unit.active)).first() is None:
        raise InvalidAnswers("没有这个单位。")
    return unit_id


def _text(typed: str, label: str, longest: int) -> str:
    tidy = typed.strip()
    if len(tidy) < SHORTEST:
        raise InvalidAnswers(f"请写明{label}。")
    if len(tidy) > longest:
        raise InvalidAnswers(f"{label}最多 {longest} 个字，您写了 {len(tidy)} 个。")
    return tidy


def _begin(connection: Connection, runtime: Runtime, officer: Person, opening: Opening) -> str:
    number = open_proceeding(connection, opening, actor=str(officer.id))
    runtime.start(connection, opening.kind, number, {}, actor=str(officer.id))
    return number
