"""The parts of a matter's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.emergency import severity_of


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an id and a name: a unit, an officer, a channel, a category."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class PetitionerView:
    """Whoever wrote, masked unless ``revealed``; ``may_reveal`` says whether this officer may see all of it."""

    name: str
    phone: str
    identity_number: str
    address: str
    anonymous: bool
    revealed: bool
    may_reveal: bool


@dataclass(frozen=True, slots=True)
class HistoryView:
    """An entry of the history."""

    sequence: int
    at: datetime
    event: str
    step: str | None
    name: str
    actor: str
    actor_name: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of the matter; ``uploaded_by`` is a name."""

    id: int
    filename: str
    media_type: str
    size: int
    step: str | None
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class ContactView:
    """An officer spoke with the petitioner; ``officer`` is a name."""

    method: str
    at: datetime
    officer: str | None
    note: str


@dataclass(frozen=True, slots=True)
class EscalationView:
    """Somebody was told that a step is late or will be; ``acknowledged_by`` is a name."""

    id: int
    step: str
    step_name: str
    level: str
    due_at: datetime | None
    fired_at: datetime
    told: tuple[Mapping[str, Any], ...]
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class DispatchView:
    """A message that left or waits to leave."""

    id: int
    kind: str
    medium: str
    status: str
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkedView:
    """A matter of the same cause: the primary one (``primary``) or another that repeats the same."""

    number: str
    title: str
    channel: str
    status: str
    received_at: datetime
    primary: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """A step that waits. ``who`` names its holder, else the roles it is offered to with their units.

    ``mine`` when this officer holds it, ``offered`` when they hold it or may claim it.
    """

    task_id: str
    process_key: str
    step: str
    name: str
    form_key: str
    assignee: str | None
    who: str
    mine: bool
    offered: bool
    due_at: datetime | None
    due_explanation: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FinishedView:
    """A step that was finished, by whom (a name) and when."""

    process_key: str
    step: str
    name: str
    finished_by: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class TimerView:
    """A timer that waits: the next reminder or escalation."""

    process_key: str
    element: str
    name: str
    due_at: datetime
    explanation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PauseView:
    """A pause of the matter's clocks that lasts; ``who`` is a name."""

    since: datetime
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one process of the matter stands, by the ids of the diagram's elements.

    ``visited`` element -> how often a token passed it; ``active`` where work waits; ``late`` those of them past due.
    """

    process_key: str
    visited: Mapping[str, int]
    active: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def done(self) -> tuple[str, ...]:
        """The elements a token has passed and where nothing waits now."""
        return tuple(element for element in self.visited if element not in self.active)


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter as its page shows it."""

    id: int
    number: str
    channel: Named
    channel_number: str | None
    number_label: str | None
    medium: str
    online: bool
    solicited: bool
    title: str
    body: str
    place: str | None
    kind: str
    severity: str
    category: Named | None
    receiving_unit: Named
    handling_unit: Named | None
    supervising_unit: Named | None
    handler: Named | None
    petitioner: PetitionerView
    stage: str
    status: str
    outcome: str | None
    received_at: datetime
    imported_at: datetime
    accepted_at: datetime | None
    due_at: datetime | None
    due_explanation: tuple[str, ...]
    replied_at: datetime | None
    closed_at: datetime | None
    automatic: bool
    judgement: Mapping[str, Any]
    reply: str | None
    satisfaction: str | None
    accused: tuple[str, ...]
    instance_id: int | None
    deployment_id: int | None
    deployment_version: int | None
    registered_by: str


@dataclass(frozen=True, slots=True)
class SuspensionView:
    """The matter's process is suspended: why, by whom (a name), since when."""

    reason: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmView:
    """What in the matter cannot wait, by its categories, and who (a name) took note of it, with what they did.

    ``may_acknowledge`` says whether this officer is on duty for it.
    """

    categories: tuple[str, ...]
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None
    may_acknowledge: bool

    @property
    def urgent(self) -> bool:
        """Whether somebody is in danger now."""
        return severity_of(self.categories) == "urgent"


@dataclass(frozen=True, slots=True)
class MatterDetail:
    """A matter with everything around it that this officer may see."""

    matter: Matter
    history: tuple[HistoryView, ...]
    attachments: tuple[AttachmentView, ...]
    contacts: tuple[ContactView, ...]
    escalations: tuple[EscalationView, ...]
    dispatches: tuple[DispatchView, ...]
    linked: tuple[LinkedView, ...]
    items: tuple[ItemView, ...]
    finished: tuple[FinishedView, ...]
    timers: tuple[TimerView, ...]
    progress: Mapping[str, Progress]
    pause: PauseView | None
    suspension: SuspensionView | None
    alarm: AlarmView | None
    now: datetime
