"""What a move does to one instance, or why it cannot be made: in words that people read, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from engine.runtime.migrating.elements import Element
from engine.runtime.process_data import normalise

Verdict = Literal["safe", "needs_mapping", "blocked"]
UNMAPPED: Final = frozenset({"unmapped", "attached"})
"""Reasons that a mapping by hand takes away."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an instance cannot be moved as it stands.

    Attributes:
        code: the reason's short name.
        element: the id of the element it is about; empty for the whole instance.
        name: its label.
        text: the reason in Chinese, fit to be shown.

    """

    code: str
    element: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class TimerMove:
    """What becomes of a timer whose text has changed, that is new, or that is gone.

    Attributes:
        what: ``moved``, ``begins`` or ``goes``.
        element: its id in the new version; in the old one when it goes.
        name: its label.
        old: when it was due, UTC; None when it begins.
        new: when it is due, UTC; None when it goes.
        explanation: the arithmetic of the new time, one Chinese sentence a line.
        on: the label of the activity it is attached to; empty when it stands for itself.

    """

    what: Literal["moved", "begins", "goes"]
    element: str
    name: str
    old: datetime | None
    new: datetime | None
    explanation: tuple[str, ...] = ()
    on: str = ""


@dataclass(frozen=True, slots=True)
class ItemMove:
    """What becomes of a user task that waits.

    Attributes:
        task_id: the item, which keeps its id.
        old_step: its step in the old version.
        step: its step in the new one.
        name: its label in the new one.
        form: its old and new form, when they differ; the same key twice when only what is in it changed.
        role: its old and new groups, when they differ.
        due: its old and new due time, when the text of its due date changed.
        explanation: the arithmetic of the new due time.

    """

    task_id: str
    old_step: str
    step: str
    name: str
    form: tuple[str, str] | None = None
    role: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    due: tuple[datetime | None, datetime | None] | None = None
    explanation: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether whoever holds it will notice."""
        return self.step != self.old_step or any((self.form, self.role, self.due))


@dataclass(frozen=True, slots=True)
class LostClaim:
    """A holder who no longer qualifies for a step: whose it was, and whose it is now (None for all candidates)."""

    step: str
    name: str
    old: str
    new: str | None


@dataclass(slots=True)
class Assessment:
    """What a move does to one instance.

    Attributes:
        instance_id: the instance.
        business_key: what the host calls it.
        reasons: why it cannot be moved; none when it can.
        timers: what becomes of its timers, those that stay as they are left out.
        items: what becomes of its items, all of them.
        lost: who loses an item; known only when the move is made or tried under the lock.

    """

    instance_id: int
    business_key: str
    reasons: list[Reason] = field(default_factory=list)
    timers: list[TimerMove] = field(default_factory=list)
    items: list[ItemMove] = field(default_factory=list)
    lost: list[LostClaim] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Whether it can be moved, could be with a mapping by hand, or cannot."""
        if not self.reasons:
            return "safe"
        return "needs_mapping" if {reason.code for reason in self.reasons} <= UNMAPPED else "blocked"

    def refuse(self, code: str, text: str, element: Element | None = None) -> None:
        """Note a reason; the same one is noted once."""
        reason = Reason(code, element.id if element else "", element.name if element else "", text)
        if reason not in self.reasons:
            self.reasons.append(reason)

    def reasons_json(self) -> list[dict[str, Any]]:
        """Return the reasons as JSON."""
        return [asdict(reason) for reason in self.reasons]

    def changes_json(self) -> dict[str, Any]:
        """Return what changes as JSON; moments in ISO 8601."""
        found: Mapping[str, Any] = {
            "timers": [asdict(timer) for timer in self.timers],
            "items": [asdict(item) for item in self.items if item.changed],
            "lost": [asdict(claim) for claim in self.lost],
        }
        copy: dict[str, Any] = normalise({key: value for key, value in found.items() if value}, "changes", 4_000_000)
        return copy
