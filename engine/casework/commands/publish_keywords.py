"""The keyword table gets a new version: a draft is published, or an earlier version comes back."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete

from engine.casework.keywords import drafts, store
from engine.casework.keywords.errors import CannotPublish, FaultyRules, unknown_draft
from engine.casework.models import KeywordDraft
from engine.casework.permissions import Person, grants, has_duty
from engine.casework.screening import is_secret
from engine.runtime.errors import NotFound
from rules.routing_rules import Rule

LONGEST_REASON = 500


def publish_keywords(
    connection: Connection, officer: Person, draft_id: int, reason: str, *, revision: int, version: int
) -> int:
    """Publish a draft, the officer's own or a shared one, in the caller's transaction; return the version's number.

    ``revision`` is that of the draft and ``version`` the newest publication when the officer saw what it would do.
    Raises NotFound, CannotPublish, FaultyRules.
    """
    _require(connection, officer)
    why = _given(reason)
    connection.execute(store.LOCK)
    draft = drafts.one(connection, officer, draft_id, lock=True)
    if draft.revision != revision:
        raise CannotPublish("草稿在预览以后又改过，请重新预览再发布。")
    if version != store.newest(connection):
        raise CannotPublish("预览以后词库又发布过新版，请重新预览再发布。")
    if not draft.changes:
        raise CannotPublish("草稿里没有改动，不用发布。")
    if draft.conflicts:
        codes = "、".join(change.code for change in draft.conflicts)
        raise CannotPublish(f"这些规则在您改动之后又有人发布了新内容，请先逐条选定：{codes}。")
    wanted = draft.applied(store.table(connection))
    _check(connection, wanted)
    number = store.write(connection, list(wanted.values()), actor=str(officer.id), reason=why, restores=None)
    connection.execute(delete(KeywordDraft).where(KeywordDraft.id == draft.id))
    return number


def restore_keywords(connection: Connection, officer: Person, number: int, reason: str) -> int:
    """Bring the rules of an earlier version back, as a new version; return its number. Raises as publishing does."""
    _require(connection, officer)
    why = _given(reason)
    connection.execute(store.LOCK)
    found = store.version(connection, number)
    if found is None:
        raise NotFound("没有这个版本。")
    wanted = found[1]
    if wanted == store.table(connection):
        raise CannotPublish("现在的词库就是这个版本的内容，不用恢复。")
    _check(connection, wanted)
    return store.write(connection, list(wanted.values()), actor=str(officer.id), reason=why, restores=number)


def _require(connection: Connection, officer: Person) -> None:
    if not has_duty(grants(connection, officer.id), "publish_keywords"):
        raise unknown_draft()


def _given(reason: str) -> str:
    why = reason.strip()
    if not why:
        raise CannotPublish("请写明理由。")
    if len(why) > LONGEST_REASON:
        raise CannotPublish(f"理由最多 {LONGEST_REASON} 个字。")
    if is_secret(why):
        raise CannotPublish("理由中有疑似涉密标志，平台没有保存。请改写后再提交。")
    return why


def _check(connection: Connection, rules: Mapping[str, Rule]) -> None:
    known = store.named(connection)
    found = [(rule.id, problem) for rule in rules.values() for problem in store.problems(rule, known)]
    if found:
        raise FaultyRules(found)
