"""Tokens for the API: made by an officer for a system that acts as them, kept only as a hash, ended at any time.

A token is ``minyi_`` and 256 random bits. SHA-256 is enough for a secret that nobody chose (RFC 6750, section 5.2, asks
that it be unguessable and kept safe); argon2 is for passwords.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from engine.casework.errors import FieldProblem, InvalidFacts
from engine.casework.permissions import Person, roles_of
from engine.casework.vocabulary import TOKEN_SCOPES
from engine.runtime import NotFound

PREFIX = "minyi_"
LONGEST_NAME = 60
LONGEST_LIFE = timedelta(days=366)
MOST_IN_FORCE = 20
SEES_ALL = frozenset({"system_admin", "security_admin", "audit_admin"})
"""The roles that see everybody's tokens."""

REVOKES_ALL = frozenset({"system_admin", "security_admin"})
"""The roles that end anybody's tokens."""

UNKNOWN = "没有这个令牌。"

OWNER = text("select id, clock_now() as now from officer where id = :officer and active for no key update")
IN_FORCE = text(
    "select count(*) from api_token where officer_id = :officer and revoked_at is null and expires_at > clock_now()"
)
INSERT = text(
    """
with made as (
    insert into api_token (officer_id, name, scope, digest, hint, created_at, expires_at)
    values (:officer, :name, :scope, :digest, :hint, :now, :until) returning id
)
insert into api_token_event (token_id, at, event, actor) select id, :now, 'created', :actor from made returning token_id
"""
)
REVOKE = text(
    """
with ended as (
    update api_token set revoked_at = clock_now()
    where id = :token and revoked_at is null and (officer_id = :officer or :all) returning id
)
insert into api_token_event (token_id, at, event, actor)
select id, clock_now(), 'revoked', :actor from ended returning token_id
"""
)
USED = text("update api_token set last_used_at = clock_now() where id = :token")
LIST = text(
    """
select t.id, t.officer_id, o.name as officer, o.login, t.name, t.scope, t.hint, t.created_at, t.expires_at,
       t.last_used_at, t.revoked_at,
       case when t.revoked_at is not null then 'revoked' when t.expires_at <= clock_now() then 'expired'
            when not o.active then 'closed' else 'in_force' end as state,
       (select coalesce(r.name, '系统') from api_token_event e left join officer r on r.id::text = e.actor
        where e.token_id = t.id and e.event = 'revoked') as revoked_by
from api_token t join officer o on o.id = t.officer_id
where (:all or t.officer_id = :officer)
order by (t.revoked_at is null and t.expires_at > clock_now()) desc, t.id desc
limit :most offset :skip
"""
)
COUNT = text("select count(*) from api_token where (:all or officer_id = :officer)")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its list shows it.

    ``officer`` is whose it is, by name; ``hint`` its last four characters; ``state`` one of in_force, revoked, expired
    and closed (the account is); ``revoked_by`` a name.
    """

    id: int
    officer_id: int
    officer: str
    login: str
    name: str
    scope: str
    hint: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    state: str
    revoked_by: str | None


@dataclass(frozen=True, slots=True)
class Created:
    """A token that was just made; ``secret`` is the token itself, which nobody can learn again."""

    id: int
    secret: str
    expires_at: datetime


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a token, by which it is found."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def create(
    connection: Connection, officer_id: int, name: str, *, scope: str = "read", days: int = 90, actor: str
) -> Created:
    """Make a token of an officer's for ``days`` days, and note who made it; the caller commits.

    Raises InvalidFacts naming the fields that will not do, NotFound when there is no such officer in service.
    """
    said = " ".join(unicodedata.normalize("NFC", name).replace("\x00", "").split())
    problems = []
    if not said:
        problems.append(FieldProblem("name", "用途", "请写明用途，例如“数据平台每日取数”。"))
    elif len(said) > LONGEST_NAME:
        problems.append(FieldProblem("name", "用途", f"最多 {LONGEST_NAME} 个字。"))
    if scope not in TOKEN_SCOPES:
        problems.append(FieldProblem("scope", "权限", "请选择只读或读写。"))
    if not 1 <= days <= LONGEST_LIFE.days:
        problems.append(FieldProblem("days", "有效期", f"请填 1 到 {LONGEST_LIFE.days} 天。"))
    if problems:
        raise InvalidFacts(problems)
    owner = connection.execute(OWNER, {"officer": officer_id}).one_or_none()
    if owner is None:
        raise NotFound("没有这个账号。")
    if connection.execute(IN_FORCE, {"officer": officer_id}).scalar_one() >= MOST_IN_FORCE:
        raise InvalidFacts([FieldProblem("name", "用途", f"同时有效的令牌最多 {MOST_IN_FORCE} 个，请先撤销不用的。")])
    secret = PREFIX + secrets.token_urlsafe(32)
    until = owner.now + timedelta(days=days)
    values = {
        "officer": officer_id,
        "name": said,
        "scope": scope,
        "digest": digest_of(secret),
        "hint": secret[-4:],
        "now": owner.now,
        "until": until,
        "actor": actor,
    }
    return Created(connection.execute(INSERT, values).scalar_one(), secret, until)


def revoke(connection: Connection, officer: Person, token_id: int) -> None:
    """End a token for good and note who ended it; the caller commits.

    One's own, or anybody's for those in REVOKES_ALL. Raises NotFound otherwise, and when it has ended already.
    """
    everybody = not REVOKES_ALL.isdisjoint(roles_of(officer.grants))
    values = {"token": token_id, "officer": officer.id, "all": everybody, "actor": str(officer.id)}
    if connection.execute(REVOKE, values).one_or_none() is None:
        raise NotFound(UNKNOWN)


def of_officer(connection: Connection, officer_id: int, *, most: int = 100) -> Sequence[Token]:
    """Return an officer's tokens: those in force first, the newest first."""
    return _listed(connection, officer_id, everybody=False, most=most, skip=0)


def of_everybody(connection: Connection, officer: Person, *, page: int, per_page: int) -> tuple[Sequence[Token], int]:
    """Return a page of all tokens and their number. Raises NotFound for whoever may not see them."""
    if SEES_ALL.isdisjoint(roles_of(officer.grants)):
        raise NotFound(UNKNOWN)
    total = connection.execute(COUNT, {"all": True, "officer": officer.id}).scalar_one()
    skip = (max(page, 1) - 1) * per_page
    return _listed(connection, officer.id, everybody=True, most=per_page, skip=skip), total


def used(connection: Connection, token_id: int) -> None:
    """Note that a token was used just now, in the caller's transaction."""
    connection.execute(USED, {"token": token_id})


def _listed(connection: Connection, officer_id: int, *, everybody: bool, most: int, skip: int) -> Sequence[Token]:
    values = {"all": everybody, "officer": officer_id, "most": most, "skip": skip}
    return tuple(Token(**row) for row in connection.execute(LIST, values).mappings())
