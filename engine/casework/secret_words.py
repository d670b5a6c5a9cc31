"""The bureau's own secret words: kept as hashes, held by every process, changed by the security administrator only.

The secret that the hashes need is the installation's, outside the database (:func:`use_secret`); without it, or with
another, the list finds nothing, and says so. Every process follows the list by its revision, which comes along with
what is asked of the database anyway.
"""

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from engine.casework.errors import FieldProblem, InvalidFacts, NotPermitted
from engine.casework.permissions import Person, roles_of
from engine.runtime import NotFound
from rules.secret_words import LONGEST, NO_WORDS, SALT_SIZE, SHORTEST, HashedWord, SecretWords, derived_key, hashed

KEEPER: Final = "security_admin"
"""The role that keeps the list."""

MOST_AT_ONCE: Final = 500
FIELD, LABEL = "words", "词语"
CHECKED: Final = b"minyi secret words"

LIST = text("select salt, key_check, revision::text as revision from secret_word_list")
LOCKED = text("select salt, key_check, revision::text as revision from secret_word_list for update")
BEGIN = text(
    """
insert into secret_word_list (id, salt, key_check, revision) values (1, :salt, :check, gen_random_uuid())
on conflict (id) do nothing
"""
)
TURN = text("update secret_word_list set revision = gen_random_uuid() returning revision::text")
WORDS = text("select length, tag, digest from secret_word")
ADD = text(
    """
with made as (
    insert into secret_word (length, tag, digest, added_at, added_by)
    values (:length, :tag, :digest, clock_now(), :officer) on conflict (digest) do nothing returning id
)
insert into secret_word_event (word_id, event, at, actor)
select id, 'added', clock_now(), :officer from made returning word_id
"""
)
REMOVE = text(
    """
with gone as (delete from secret_word where id = :word returning id)
insert into secret_word_event (word_id, event, at, actor)
select id, 'removed', clock_now(), :officer from gone returning word_id
"""
)
DISCARD = text(
    """
with gone as (delete from secret_word returning id)
insert into secret_word_event (word_id, event, at, actor)
select id, 'discarded', clock_now(), :officer from gone order by id returning word_id
"""
)
FORGET = text("delete from secret_word_list")
SHOWN = text(
    """
select w.id, w.added_at, o.name as added_by from secret_word w join officer o on o.id = w.added_by
order by w.id desc limit :most offset :skip
"""
)
EVENTS = text(
    """
select e.word_id, e.event, e.at, o.name as actor from secret_word_event e join officer o on o.id = e.actor
order by e.id desc limit :most
"""
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """The list as this process has it: the revision, the words, and whether the secret is the one it was made with."""

    revision: str | None
    words: SecretWords
    fits: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A word as its page shows it: its number and who added it when; ``added_by`` is a name."""

    id: int
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the list: of which word, added, removed or discarded, when and by whom (a name)."""

    word_id: int
    event: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding words: the numbers they got in their order, 0 for one that was on the list already."""

    numbers: tuple[int, ...]

    @property
    def new(self) -> tuple[int, ...]:
        """The numbers that were given now."""
        return tuple(number for number in self.numbers if number)


_lock = threading.Lock()
_secret = ""
_held = Held(None, NO_WORDS, fits=True)


def use_secret(secret: str) -> None:
    """Take the installation's secret for the hashes; '' when there is none."""
    global _secret, _held  # noqa: PLW0603 - one for the process, as the settings are
    with _lock:
        _secret = secret
        _held = Held("", NO_WORDS, fits=bool(secret))


def held() -> Held:
    """Return the list as this process has it."""
    return _held


def follow(connection: Connection, revision: str | None) -> Held:
    """Make sure this process has the list of this revision, None for no list; asks only when it has not."""
    global _held  # noqa: PLW0603 - as above
    if _held.revision != revision:
        found = _read(connection) if revision is not None else Held(None, NO_WORDS, fits=bool(_secret))
        with _lock:
            _held = found
        if not found.fits:
            log.error("SCREENING_SECRET is missing or not the one the secret words were hashed with: none is matched")
    return _held


def look(connection: Connection) -> Held:
    """Return the list as it stands in the database now."""
    row = connection.execute(LIST).one_or_none()
    return follow(connection, row.revision if row is not None else None)


def add(connection: Connection, officer: Person, typed: str) -> Added:
    """Put words on the list, one a line, and note who did; the caller commits.

    Raises NotPermitted for whoever does not keep the list, InvalidFacts naming lines by their numbers, never by what
    they say, and when the secret is missing or another.
    """
    _require(officer)
    if not _secret:
        raise _refused("没有配置词表密钥，不能添加。请系统管理员设置 SCREENING_SECRET 后重启平台。")
    lines = typed.splitlines()
    wanted = [line for line in lines if line.strip()]
    if not wanted:
        raise _refused("请填写词语，每行一个。")
    if len(wanted) > MOST_AT_ONCE:
        raise _refused(f"一次最多添加 {MOST_AT_ONCE} 个，请分几次添加。")
    connection.execute(BEGIN, _new_list())
    found = connection.execute(LOCKED).one()
    key = derived_key(_secret, found.salt)
    if not hmac.compare_digest(_check(key), found.key_check):
        raise _refused("词表密钥与词表不符，不能添加。请恢复原来的密钥，或者清空词表重新录入。")
    words, faulty = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                words.append(hashed(key, line))
            except ValueError:
                faulty.append(str(number))
    if faulty:
        raise _refused(
            f"第 {'、'.join(faulty)} 行不是 {SHORTEST} 到 {LONGEST} 个字的词语，请更正。一个词语也没有添加。"
        )
    numbers = [
        connection.execute(
            ADD, {"length": word.length, "tag": word.tag, "digest": word.digest, "officer": officer.id}
        ).scalar()
        or 0
        for word in words
    ]
    connection.execute(TURN)
    return Added(tuple(numbers))


def remove(connection: Connection, officer: Person, word_id: int) -> None:
    """Take a word off the list and note who did; the caller commits. Raises NotPermitted, NotFound."""
    _require(officer)
    if connection.execute(REMOVE, {"word": word_id, "officer": officer.id}).one_or_none() is None:
        raise NotFound("词表里没有这个编号。")
    connection.execute(TURN)


def discard(connection: Connection, officer: Person) -> int:
    """Empty a list whose secret is lost, note every word, and return how many there were; the caller commits.

    Raises NotPermitted for whoever does not keep the list, and while the secret fits.
    """
    _require(officer)
    if look(connection).fits:
        raise NotPermitted("词表密钥相符，请逐个移除不用的词语。")
    gone = connection.execute(DISCARD, {"officer": officer.id}).all()
    connection.execute(FORGET)
    return len(gone)


def listed(connection: Connection, officer: Person, *, page: int, per_page: int) -> tuple[Sequence[Listed], int]:
    """Return a page of the list, the newest first, and how many there are; NotPermitted for anybody but its keeper."""
    _require(officer)
    total = connection.execute(text("select count(*) from secret_word")).scalar_one()
    rows = connection.execute(SHOWN, {"most": per_page, "skip": (max(page, 1) - 1) * per_page}).mappings()
    return tuple(Listed(**row) for row in rows), total


def changes(connection: Connection, officer: Person, *, most: int) -> Sequence[Change]:
    """Return the newest changes of the list; NotPermitted for anybody but its keeper."""
    _require(officer)
    return tuple(Change(**row) for row in connection.execute(EVENTS, {"most": most}).mappings())


def _read(connection: Connection) -> Held:
    row = connection.execute(LIST).one_or_none()
    if row is None:
        return Held(None, NO_WORDS, fits=bool(_secret))
    if not _secret:
        return Held(row.revision, NO_WORDS, fits=False)
    key = derived_key(_secret, row.salt)
    if not hmac.compare_digest(_check(key), row.key_check):
        return Held(row.revision, NO_WORDS, fits=False)
    words = [HashedWord(one.length, one.tag, one.digest) for one in connection.execute(WORDS)]
    return Held(row.revision, SecretWords(key, words), fits=True)


def _new_list() -> dict[str, bytes]:
    salt = secrets.token_bytes(SALT_SIZE)
    return {"salt": salt, "check": _check(derived_key(_secret, salt))}


def _check(key: bytes) -> bytes:
    return hmac.digest(key, CHECKED, hashlib.sha256)


def _require(officer: Person) -> None:
    if KEEPER not in roles_of(officer.grants):
        raise NotPermitted("只有安全管理员可以维护涉密词表。")


def _refused(message: str) -> InvalidFacts:
    return InvalidFacts([FieldProblem(FIELD, LABEL, message)])
