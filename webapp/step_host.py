"""What a step's form gets from the bureau: whom and what one may choose, where uploads wait, names for the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import sqlalchemy as sa
from flask_babel import gettext
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import aliased

from engine.casework import attachments, permissions
from engine.casework.case import BARRED
from engine.casework.errors import InvalidFacts
from engine.casework.models import Category, Holding, Matter, MatterAccused, Officer, Unit
from engine.casework.screening import is_secret_file
from forms import Option, Upload, UploadedFile
from webapp.sentences import say

MATTERS_OFFERED = 20
HANDLING_UNITS = ("liaison",)
"""Only a unit with one of these roles can take a matter: without a liaison nobody would sign for it."""


class Choices:
    """What an officer may choose in a step of one matter; nothing in it reveals or serves whom the matter accuses.

    `matter_id` and `handling_unit_id` are the matter's. `connect` gives the connection of the moment: a form outlives
    the transaction it was made in. Without `accuses` the matter accuses nobody, and nothing need be asked about that.
    Asks the database only for what a form shows.
    """

    def __init__(
        self,
        connect: Callable[[], sa.Connection],
        officer: permissions.Person,
        matter_id: int,
        handling_unit_id: int | None,
        *,
        accuses: bool = True,
    ) -> None:
        self._connect = connect
        self._accuses = accuses
        self._officer = officer
        self._matter_id = matter_id
        self._handling_unit_id = handling_unit_id

    @cached_property
    def _units(self) -> list[Option]:
        accused = sa.select(MatterAccused.unit_id).where(
            MatterAccused.matter_id == self._matter_id, MatterAccused.unit_id.is_not(None)
        )
        found = self._connect().execute(accused).scalars().all()
        barred = set(self._connect().execute(BARRED, {"units": found}).scalars()) if found else set()
        return [unit for unit in handling_units(self._connect()) if unit.value not in barred]

    def units(self) -> Sequence[Option]:
        """Return the units that can take the matter: not the accused ones, none in them, none above them."""
        return self._units

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        """Return active officers of a unit (by default the one that handles) who hold the role and are not accused."""
        unit = unit_id if unit_id is not None else self._handling_unit_id
        query = (
            sa.select(Officer.id, Officer.name, Officer.badge, Holding.unit_id)
            .join(Holding, Holding.officer_id == Officer.id)
            .where(Officer.active)
            .order_by(Officer.id)
        )
        if role is not None:
            query = query.where(Holding.role == role)
        if unit is not None:
            query = query.where(Holding.unit_id == unit)
        rows = self._connect().execute(query).all()
        asked = [row.id for row in rows]
        allowed = set(permissions.may_know(self._connect(), self._matter_id, asked) if self._accuses else asked)
        found = {
            row.id: Option(row.id, f"{row.name}（{row.badge}）" if row.badge else row.name, unit=row.unit_id)
            for row in rows
            if row.id in allowed
        }
        return list(found.values())

    def matters(self, query: str) -> Sequence[Option]:
        """Return matters this officer may know of, by number, by part of the title, or by id in digits."""
        wanted = query.strip()
        if not wanted:
            return ()
        named = sa.or_(Matter.number == wanted, Matter.title.contains(wanted, autoescape=True))
        if wanted.isdecimal():
            named = sa.or_(named, Matter.id == int(wanted))
        found = (
            sa.select(Matter.id, Matter.title, Matter.number)
            .where(named, Matter.id != self._matter_id, permissions.visible(self._officer))
            .order_by(Matter.id.desc())
            .limit(MATTERS_OFFERED)
        )
        return [
            Option(identifier, f"{number} {title}", code=number)
            for identifier, title, number in self._connect().execute(found)
        ]

    def values(self, name: str) -> Sequence[Option]:
        """Return a list that a schema names: ``categories``; nothing for a list nobody keeps."""
        lister = LISTS.get(name)
        return lister(self._connect()) if lister else ()


def handling_units(connection: sa.Connection) -> list[Option]:
    """Return the units that can take matters at all."""
    staffed = sa.select(Holding.unit_id).where(Holding.role.in_(HANDLING_UNITS))
    query = sa.select(Unit.id, Unit.name).where(Unit.active, Unit.id.in_(staffed)).order_by(Unit.position, Unit.id)
    return [Option(identifier, name) for identifier, name in connection.execute(query)]


def categories(connection: sa.Connection) -> list[Option]:
    """Return the categories of the second level, under the headings of the first."""
    parent = aliased(Category)
    query = (
        sa.select(Category.id, Category.name, parent.name)
        .outerjoin(parent, parent.id == Category.parent_id)
        .where(Category.active, Category.parent_id.is_not(None))
        .order_by(parent.position, parent.id, Category.position, Category.id)
    )
    return [Option(str(identifier), name, group=group or "") for identifier, name, group in connection.execute(query)]


LISTS: Mapping[str, Callable[[sa.Connection], list[Option]]] = {"categories": categories}
"""The lists that a schema's ``valuesKey`` may name."""


class KeptUploads:
    """Uploads that wait between two attempts: the content in the store, the token signed for this officer alone."""

    def __init__(self, store: attachments.Store, secret: str, officer_id: int) -> None:
        self._store = store
        self._officer_id = officer_id
        self._seal = URLSafeSerializer(secret, salt="kept-upload")

    def keep(self, file: UploadedFile, filename: str) -> Upload:
        """Store a file. Raises ValueError with the reason when it is not allowed; one marked secret is never stored."""
        file.stream.seek(0)
        upload = attachments.Upload(filename, file.stream.read(attachments.MAX_SIZE + 1))
        if is_secret_file(filename, upload.content):
            raise ValueError(gettext("文件有疑似涉密标志，平台没有保存。请按保密规定办理，并报告保密部门。"))
        try:
            stored = self._store.put(upload)
        except InvalidFacts as refused:
            raise ValueError("；".join(say(problem.message) for problem in refused.problems)) from refused
        token = self._seal.dumps([self._officer_id, stored.hash, stored.filename, stored.media_type, stored.size])
        return Upload(str(token), stored.filename, stored.size)

    def find(self, token: str) -> Upload | None:
        """Return an upload kept for this officer, None for any other token."""
        stored = self.stored(token)
        return None if stored is None else Upload(token, stored.filename, stored.size)

    def stored(self, token: str) -> attachments.Stored | None:
        """Return what the store knows of an upload kept for this officer."""
        try:
            owner, digest, filename, media_type, size = self._seal.loads(token)
        except (BadData, ValueError):
            return None
        if owner != self._officer_id or not self._store.touch(digest):
            return None
        return attachments.Stored(digest, filename, media_type, size)


class Names:
    """Names of records for the history of a matter this officer may see."""

    def __init__(self, connection: sa.Connection, officer: permissions.Person) -> None:
        self._connection = connection
        self._officer = officer
        self._known: dict[tuple[str, str], str | None] = {}

    def unit(self, unit_id: int) -> str | None:
        """Return a unit's name."""
        return self._name("unit", str(unit_id), sa.select(Unit.name).where(Unit.id == unit_id))

    def officer(self, officer_id: int) -> str | None:
        """Return an officer's name."""
        return self._name("officer", str(officer_id), sa.select(Officer.name).where(Officer.id == officer_id))

    def matter(self, matter_id: int) -> str | None:
        """Return a matter's number, if this officer may know of it."""
        query = sa.select(Matter.number).where(Matter.id == matter_id, permissions.visible(self._officer))
        return self._name("matter", str(matter_id), query)

    def value(self, name: str, value: str) -> str | None:
        """Return the label of a value of a list."""
        if name != "categories" or not value.isdecimal():
            return None
        return self._name(name, value, sa.select(Category.name).where(Category.id == int(value)))

    def _name(self, kind: str, key: str, query: sa.Select[tuple[str]]) -> str | None:
        if (kind, key) not in self._known:
            self._known[kind, key] = self._connection.execute(query).scalar()
        return self._known[kind, key]
