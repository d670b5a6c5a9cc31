"""Who somebody is: passwords by argon2id, and a lock after repeated failures.

GB/T 22239-2019 level 3, 8.1.4.1: strong passwords that change, a limit on failed log-ins. The lock is the
account's and is counted on the database's clock, so it holds on every machine.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, text

from engine.casework.errors import LoginRefused, WeakPassword

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SHORTEST = 10
LONGEST = 128
CLASSES_NEEDED = 3

_hasher = PasswordHasher()
# Verified when there is no such account, so that the answer takes as long as for one that exists.
_NOBODY = _hasher.hash("nobody has this password")

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")

FIND = text(
    """
select o.id, o.login, o.name, o.password_hash, o.failed_logins, o.locked_until, clock_now() as now
from officer o where lower(o.login) = lower(:login) and o.active
for no key update
"""
)
LOCK = text("select locked_until from officer where lower(login) = lower(:login) and locked_until > clock_now()")
FAILED = text("update officer set failed_logins = :failures, locked_until = :until where id = :id")
SUCCEEDED = text("update officer set failed_logins = 0, locked_until = null, password_hash = :hash where id = :id")
SET = text(
    """
update officer set password_hash = :hash, password_changed_at = clock_now(), failed_logins = 0, locked_until = null
where id = :id
"""
)
PERSON = text("select login, name, password_hash from officer where id = :id")


@dataclass(frozen=True, slots=True)
class Authenticated:
    """An officer whose password was right."""

    id: int
    login: str
    name: str


def authenticate(connection: Connection, login: str, password: str) -> Authenticated | None:
    """Return the officer when login and password are right, else None; the caller commits either way.

    A wrong password counts; the fifth in a row locks the account for fifteen minutes, in which not even the right
    password opens it. Unknown, inactive and locked accounts answer the same as a wrong password.
    """
    row = connection.execute(FIND, {"login": _text(login)}).one_or_none()
    stored = row.password_hash if row is not None and row.password_hash else _NOBODY
    right = verify_password(stored, password) and row is not None and row.password_hash is not None
    if row is None:
        return None
    if row.locked_until is not None and row.locked_until > row.now:
        return None
    if not right:
        # After a lock has run out counting starts afresh.
        failures = (0 if row.locked_until is not None else row.failed_logins) + 1
        until = row.now + LOCKED_FOR if failures >= MAX_FAILURES else None
        connection.execute(FAILED, {"id": row.id, "failures": failures, "until": until})
        return None
    if row.failed_logins or row.locked_until or _hasher.check_needs_rehash(row.password_hash):
        renewed = hash_password(password) if _hasher.check_needs_rehash(row.password_hash) else row.password_hash
        connection.execute(SUCCEEDED, {"id": row.id, "hash": renewed})
    return Authenticated(row.id, row.login, row.name)


def locked_until(connection: Connection, login: str) -> datetime | None:
    """Return until when the account is locked, or None; for administrators, never for whoever tries to log in."""
    until: datetime | None = connection.execute(LOCK, {"login": _text(login)}).scalar()
    return until


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored."""
    return _hasher.hash(_text(password))


def verify_password(stored: str, password: str) -> bool:
    """Say whether the password is the one the hash was made of; a damaged hash fits none."""
    try:
        return _hasher.verify(stored, _text(password))
    except (VerificationError, InvalidHashError):
        return False


def set_password(connection: Connection, officer_id: int, password: str, *, check: bool = True) -> None:
    """Give the officer a new password and unlock the account; the caller commits.

    Raises WeakPassword when it is too short, too plain, holds the login or name, or is the one in use;
    LoginRefused when there is no such officer. ``check=False`` is for the published passwords of a demonstration.
    """
    row = connection.execute(PERSON, {"id": officer_id}).one_or_none()
    if row is None:
        raise LoginRefused("没有这个账号。")
    if check:
        check_strength(password, names=(row.login, row.name))
        if row.password_hash and verify_password(row.password_hash, password):
            raise WeakPassword("新密码不能与原密码相同。")
    connection.execute(SET, {"id": officer_id, "hash": hash_password(password)})


def check_strength(password: str, names: tuple[str, ...] = ()) -> None:
    """Raise WeakPassword unless it has 10 to 128 characters of three kinds, and no login or name in it."""
    password = _text(password)
    if len(password) < SHORTEST:
        raise WeakPassword(f"密码至少 {SHORTEST} 个字符。")
    if len(password) > LONGEST:
        raise WeakPassword(f"密码最多 {LONGEST} 个字符。")
    kinds = sum(bool(re.search(kind, password)) for kind in _CLASSES)
    if kinds < CLASSES_NEEDED:
        raise WeakPassword("密码要包含大写字母、小写字母、数字、其他符号中的至少三种。")
    if any(name and name.lower() in password.lower() for name in names):
        raise WeakPassword("密码不能包含账号或姓名。")
    if re.search(r"(.)\1{3}", password):
        raise WeakPassword("密码不能有连续四个相同的字符。")


def _text(typed: str) -> str:
    """Two keyboards may compose the same character differently; NUL no database stores."""
    return unicodedata.normalize("NFKC", typed).replace("\x00", "")


__all__ = [
    "Authenticated",
    "LoginRefused",
    "WeakPassword",
    "authenticate",
    "check_strength",
    "hash_password",
    "locked_until",
    "set_password",
    "verify_password",
]
