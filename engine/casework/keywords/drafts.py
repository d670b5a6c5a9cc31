"""An officer's changes of the keyword table that are not published: kept rule by rule, each with what it was made on.

All functions work in the caller's transaction and lock the draft they change.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.casework.errors import SecretSuspected
from engine.casework.keywords import store
from engine.casework.keywords.errors import RuleMoved, unknown_draft
from engine.casework.keywords.store import Difference
from engine.casework.models import KeywordChange, KeywordDraft
from engine.casework.permissions import Person, grants, has_duty
from engine.casework.screening import secret_fields
from rules.routing_rules import Rule, rule_from_dict

RULE: Final = "规则 {code} "


@dataclass(frozen=True)
class Change:
    """One rule of a draft: what it was (None: nothing), what it shall be (None: gone), what is published now."""

    code: str
    before: Rule | None
    after: Rule | None
    published: Rule | None

    @property
    def conflicts(self) -> bool:
        """Whether the published rule is no longer what the change was made on."""
        return self.published not in (self.before, self.after)

    @property
    def theirs(self) -> list[str]:
        """The attributes that were published otherwise meanwhile."""
        return Difference(self.code, self.before, self.published).fields

    @property
    def ours(self) -> list[str]:
        """The attributes that the change is about."""
        return Difference(self.code, self.before, self.after).fields

    @property
    def difference(self) -> Difference:
        """What publishing it would change."""
        return Difference(self.code, self.published, self.after)


@dataclass(frozen=True)
class Draft:
    """A draft with its changes, in the order they were made. ``base``: the newest version when it was begun."""

    id: int
    officer_id: int
    base: int
    shared: bool
    revision: int
    changed_at: datetime
    changes: tuple[Change, ...]

    @property
    def conflicts(self) -> list[Change]:
        """The changes whose rule was published otherwise meanwhile."""
        return [change for change in self.changes if change.conflicts]

    def change(self, code: str) -> Change | None:
        """Return the change of a rule."""
        return next((change for change in self.changes if change.code == code), None)

    def applied(self, published: Mapping[str, Rule]) -> dict[str, Rule]:
        """Return the table as it would be."""
        found = dict(published)
        for change in self.changes:
            if change.after is None:
                found.pop(change.code, None)
            else:
                found[change.code] = change.after
        return found


def digest(rule: Rule | None) -> str:
    """Return by what a form says which rule it was opened on; '' for none."""
    if rule is None:
        return ""
    return hashlib.sha256(json.dumps(rule.as_dict(), sort_keys=True).encode()).hexdigest()[:16]


def mine(connection: Connection, officer: Person, *, lock: bool = False) -> Draft | None:
    """Return the officer's draft, None when there is none."""
    query = select(KeywordDraft).where(KeywordDraft.officer_id == officer.id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _draft(connection, row)


def one(connection: Connection, officer: Person, draft_id: int, *, lock: bool = False) -> Draft:
    """Return a draft of the officer's own, or one that is shared. Raises NotFound."""
    require_editor(connection, officer)
    query = select(KeywordDraft).where(KeywordDraft.id == draft_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None or not (row.shared or row.officer_id == officer.id):
        raise unknown_draft()
    return _draft(connection, row)


def shared(connection: Connection, officer: Person) -> list[Draft]:
    """Return the drafts that others share."""
    query = select(KeywordDraft).where(KeywordDraft.shared, KeywordDraft.officer_id != officer.id)
    rows = connection.execute(query.order_by(KeywordDraft.changed_at.desc())).all()
    return [_draft(connection, row) for row in rows]


def require_editor(connection: Connection, officer: Person) -> None:
    """Raise NotFound unless the officer, as they are now, may change the table."""
    if not has_duty(grants(connection, officer.id), "edit_keywords"):
        raise unknown_draft()


def put(connection: Connection, officer: Person, rule: Rule, *, seen: str) -> None:
    """Keep what a rule shall be. ``seen`` is the digest of what the form was opened on.

    Raises NotFound, SecretSuspected, and RuleMoved when it has become another meanwhile.
    """
    draft, change, published = _opened(connection, officer, rule.id)
    now = change.after if change else published
    if seen != digest(now):
        raise RuleMoved(now)
    _keep(connection, draft, Change(rule.id, change.before if change else published, rule, published))


def put_all(connection: Connection, officer: Person, rules: Iterable[Rule], *, removed: Iterable[str] = ()) -> int:
    """Keep what many rules shall be, and which shall be gone; return how many rules of the draft that changes.

    Raises NotFound, SecretSuspected.
    """
    require_editor(connection, officer)
    draft = _begun(connection, officer)
    published, changes = store.table(connection), {change.code: change for change in draft.changes}
    wanted: dict[str, Rule | None] = {rule.id: rule for rule in rules} | dict.fromkeys(removed)
    count = 0
    for code, rule in wanted.items():
        change = changes.get(code)
        if (change.after if change else published.get(code)) != rule:
            present = published.get(code)
            _keep(connection, draft, Change(code, change.before if change else present, rule, present))
            count += 1
    return count


def remove(connection: Connection, officer: Person, code: str) -> None:
    """Take a rule out of the table, or back out of the draft when it is only there. Raises NotFound."""
    draft, change, published = _opened(connection, officer, code)
    if change is None and published is None:
        raise unknown_draft()
    _keep(connection, draft, Change(code, change.before if change else published, None, published))


def switch(connection: Connection, officer: Person, code: str, *, active: bool) -> None:
    """Switch a rule off, or on again. Raises NotFound."""
    draft, change, published = _opened(connection, officer, code)
    now = change.after if change else published
    if now is None:
        raise unknown_draft()
    before = change.before if change else published
    _keep(connection, draft, Change(code, before, replace(now, active=active), published))


def undo(connection: Connection, officer: Person, code: str) -> None:
    """Drop a change: the rule stays as it is published. Raises NotFound."""
    draft, change, _ = _opened(connection, officer, code)
    if change is None:
        raise unknown_draft()
    _drop(connection, draft, code)


def keep(connection: Connection, officer: Person, code: str) -> None:
    """Stand by a change although the rule was published otherwise meanwhile. Raises NotFound."""
    draft, change, published = _opened(connection, officer, code)
    if change is None:
        raise unknown_draft()
    _keep(connection, draft, replace(change, before=published))


def share(connection: Connection, officer: Person, *, shared: bool) -> None:
    """Let others who edit the table see the draft, or no longer. Raises NotFound."""
    require_editor(connection, officer)
    changed = update(KeywordDraft).where(KeywordDraft.officer_id == officer.id).values(shared=shared)
    if not connection.execute(changed).rowcount:
        raise unknown_draft()


def discard(connection: Connection, officer: Person) -> None:
    """Throw the officer's own draft away. Raises NotFound."""
    require_editor(connection, officer)
    if not connection.execute(delete(KeywordDraft).where(KeywordDraft.officer_id == officer.id)).rowcount:
        raise unknown_draft()


def _begun(connection: Connection, officer: Person) -> Draft:
    begun = upsert(KeywordDraft).values(
        officer_id=officer.id, base=store.newest(connection), changed_at=func.clock_now()
    )
    connection.execute(begun.on_conflict_do_nothing())
    draft = mine(connection, officer, lock=True)
    if draft is None:
        raise unknown_draft()
    return draft


def _opened(connection: Connection, officer: Person, code: str) -> tuple[Draft, Change | None, Rule | None]:
    require_editor(connection, officer)
    draft = _begun(connection, officer)
    return draft, draft.change(code), store.table(connection).get(code)


def _keep(connection: Connection, draft: Draft, made: Change) -> None:
    if made.after == made.published:
        _drop(connection, draft, made.code)
        return
    if made.after is not None and secret_fields(made.after.as_dict()):
        raise SecretSuspected([RULE.format(code=made.code)])
    data = {"before": made.before and made.before.as_dict(), "after": made.after and made.after.as_dict()}
    kept = upsert(KeywordChange).values(draft_id=draft.id, code=made.code, changed_at=func.clock_now(), **data)
    connection.execute(
        kept.on_conflict_do_update(
            index_elements=["draft_id", "code"], set_={**data, "changed_at": kept.excluded.changed_at}
        )
    )
    _grown(connection, draft)


def _drop(connection: Connection, draft: Draft, code: str) -> None:
    connection.execute(delete(KeywordChange).where(KeywordChange.draft_id == draft.id, KeywordChange.code == code))
    _grown(connection, draft)


def _grown(connection: Connection, draft: Draft) -> None:
    changed = update(KeywordDraft).where(KeywordDraft.id == draft.id)
    connection.execute(changed.values(revision=KeywordDraft.revision + 1, changed_at=func.clock_now()))


def _draft(connection: Connection, row: Any) -> Draft:
    published = store.table(connection)
    query = select(KeywordChange).where(KeywordChange.draft_id == row.id).order_by(KeywordChange.id)
    changes = tuple(
        Change(change.code, _rule(change.before), _rule(change.after), published.get(change.code))
        for change in connection.execute(query)
    )
    return Draft(row.id, row.officer_id, row.base, row.shared, row.revision, row.changed_at, changes)


def _rule(data: dict[str, Any] | None) -> Rule | None:
    return None if data is None else rule_from_dict(data)
