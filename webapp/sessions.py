"""Who is logged in, with what they may do and the numbers of the navigation: one statement a request."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, session
from flask_login import LoginManager, login_user, logout_user
from sqlalchemy import text, update

from engine.casework import secret_words
from engine.casework.models import Officer
from engine.database import db

login_manager = LoginManager()

# The badges count what the page "my tasks" lists; a task is offered by candidate strings, never to the excluded, and
# one of a matter that accuses the officer or a unit they belong to is not theirs (permissions.unaccused).
OFFICER = text(
    """
with recursive me as (
    select o.id, o.login, o.name, o.badge, o.password_hash, o.locale, o.theme,
           coalesce((select array_agg(h.role || '@' || coalesce(h.unit_id::text, '*') order by h.role, h.unit_id)
                     from holding h where h.officer_id = o.id), '{}') as grants,
           u.name as unit_name
    from officer o left join unit u on u.id = o.unit_id where o.id = :id and o.active
), belongs as (
    select direct.id from (
        select o.unit_id as id from officer o where o.id = :id
        union
        select h.unit_id from holding h where h.officer_id = :id and h.role <> 'bureau_leader'
    ) direct where direct.id is not null
    union
    select u.parent_id from unit u join belongs b on b.id = u.id
    where u.parent_id is not null
      and not exists (select from holding h where h.officer_id = :id and h.role = 'inspector')
), mine as (
    select w.due_at, w.assignee, p.since from work_item w cross join me
    left join clock_pause p on p.instance_id = w.instance_id and p.until is null
    where (w.assignee = me.id::text or (w.assignee is null and w.candidates && me.grants))
      and not me.id::text = any(w.excluded)
      and not exists (
        select from matter m join matter_accused a on a.matter_id = m.id
        where m.instance_id = w.instance_id
          and (a.officer_id = me.id or a.unit_id in (select id from belongs)))
)
select me.*, clock_now() as now, (select revision::text from secret_word_list) as word_list,
       (select count(*) from mine) as tasks,
       (select count(*) from mine where due_at < coalesce(since, clock_now())) as late,
       (select count(*) from notice n where n.officer_id = me.id and n.read_at is null) as notices,
       (select count(*) from escalation e
        where e.acknowledged_at is null and e.level <> 'reminder'
          and e.told @> jsonb_build_array(jsonb_build_object('officer_id', me.id))) as escalations,
       case when me.grants && array['process_owner@*', 'inspector@*'] then
         (select count(*) from incident i where i.resolved_at is null and not exists (
            select from matter m join matter_accused a on a.matter_id = m.id
            where m.instance_id = i.instance_id
              and (a.officer_id = me.id or a.unit_id in (select id from belongs))))
       else 0 end as incidents
from me
"""
)


@dataclass(frozen=True, slots=True)
class Badges:
    """The numbers of the navigation.

    Tasks offered or held, those of them that are late, notices not read, escalations that wait for the officer's word,
    open incidents for those who see to them.
    """

    tasks: int = 0
    late: int = 0
    notices: int = 0
    escalations: int = 0
    incidents: int = 0


@dataclass(frozen=True)
class CurrentOfficer:
    """The officer of this request.

    `grants` are strings such as ``handler@7`` or ``inspector@*``; `roles` are the roles among them. `now` is the
    bureau's present moment, asked of the database with the rest.
    """

    id: int
    login: str
    name: str
    unit_name: str
    grants: tuple[str, ...]
    roles: frozenset[str]
    locale: str | None
    theme: str
    now: datetime
    stamp: str
    badges: Badges = field(default_factory=Badges)

    @property
    def is_authenticated(self) -> bool:
        """Whoever is loaded is logged in."""
        return True

    @property
    def is_active(self) -> bool:
        """Closed accounts are never loaded."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """An officer is somebody."""
        return False

    def get_id(self) -> str:
        """Return what the session cookie keeps: the officer and a stamp that changes with the password."""
        return f"{self.id}.{self.stamp}"

    @property
    def actor(self) -> str:
        """The officer as the engine names whoever acts."""
        return str(self.id)


def stamp_of(password_hash: str) -> str:
    """Return a short stamp of a password's hash; sessions opened under another password end."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


def load_officer(officer_id: int) -> CurrentOfficer | None:
    """Return the active officer with this id, or None."""
    row = db.session.connection().execute(OFFICER, {"id": officer_id}).mappings().one_or_none()
    if row is None:
        return None
    secret_words.follow(db.session.connection(), row["word_list"])
    return _officer(dict(row))


def _officer(row: dict[str, Any]) -> CurrentOfficer:
    grants = tuple(row["grants"])
    return CurrentOfficer(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        unit_name=row["unit_name"] or "",
        grants=grants,
        roles=frozenset(grant.partition("@")[0] for grant in grants),
        locale=row["locale"],
        theme=row["theme"] or "auto",
        now=row["now"].astimezone(UTC),
        stamp=stamp_of(row["password_hash"] or ""),
        badges=Badges(**{name: row[name] for name in ("tasks", "late", "notices", "escalations", "incidents")}),
    )


@login_manager.user_loader  # type: ignore[untyped-decorator]
def from_session(kept: str) -> CurrentOfficer | None:
    """Return the officer a session cookie names, or None when the account or its password changed since."""
    identifier, _, stamp = kept.partition(".")
    if not identifier.isdecimal():
        return None
    officer = load_officer(int(identifier))
    if officer is None or not hmac.compare_digest(officer.stamp, stamp):
        return None
    return officer


def open_session(officer_id: int) -> CurrentOfficer | None:
    """Log the officer in, in a session that shares nothing with the one before it."""
    officer = load_officer(officer_id)
    if officer is not None:
        session.clear()  # the old CSRF token goes too
        session.permanent = True
        login_user(officer)
        g.pop("csrf_token", None)
    return officer


def keep_display(officer_id: int, **values: str) -> None:
    """Keep the language (`locale`) or the appearance (`theme`) with the officer's account."""
    db.session.execute(update(Officer).where(Officer.id == officer_id).values(values))
    db.session.commit()


def close_session() -> None:
    """Log out and forget everything the session held."""
    logout_user()
    session.clear()


def keep_sessions(app: Flask) -> None:
    """Set up Flask-Login."""
    app.config.update(REMEMBER_COOKIE_DURATION=0)
    login_manager.session_protection = "basic"
    login_manager.init_app(app)
