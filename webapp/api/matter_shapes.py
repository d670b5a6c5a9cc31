"""What the API answers about matters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webapp.api.shapes import Answered, Moment, Named
from webapp.sentences import N_


class MatterRow(Answered):
    """A matter in the list."""

    number: str
    title: str
    kind: str
    category: str | None
    severity: str
    status: str
    stage: str
    channel: str
    receiving_unit: str
    handling_unit: str | None
    received_at: Moment
    due_at: Moment | None
    replied_at: Moment | None
    closed_at: Moment | None
    satisfaction: str | None
    paused: bool


class PetitionerShown(Answered):
    """Whoever wrote, masked."""

    name: str
    phone: str
    identity_number: str
    address: str
    anonymous: bool


class MatterRecord(Answered):
    """The matter itself."""

    number: str
    channel: Named
    channel_number: str | None
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
    petitioner: Annotated[PetitionerShown, Field(description=N_("已遮蔽；完整信息只在页面上查看并留痕。"))]
    stage: str
    status: str
    outcome: str | None
    received_at: Moment
    accepted_at: Moment | None
    due_at: Moment | None
    due_explanation: list[str]
    replied_at: Moment | None
    closed_at: Moment | None
    reply: str | None
    satisfaction: str | None
    accused: list[str]
    instance_id: int | None
    deployment_id: int | None
    registered_by: str


class WaitingStep(Answered):
    """A step that waits, and whose turn it is."""

    task_id: str
    step: str
    name: str
    who: str
    mine: bool
    offered: Annotated[bool, Field(description=N_("自己是否可以办理。"))]
    due_at: Moment | None
    created_at: Moment


class FinishedStep(Answered):
    """A step that was finished."""

    step: str
    name: str
    finished_by: str
    finished_at: Moment


class AttachmentShown(Answered):
    """A file of the matter."""

    id: int
    filename: str
    media_type: str
    size: int
    step: str | None
    uploaded_by: str
    uploaded_at: Moment


class EscalationShown(Answered):
    """Somebody was told of a deadline."""

    step: str
    step_name: str
    level: str
    due_at: Moment | None
    fired_at: Moment
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    note: str | None


class LinkedMatter(Answered):
    """A matter of the same cause."""

    number: str
    title: str
    status: str
    primary: bool


class MatterShown(Answered):
    """A matter with what stands around it."""

    matter: MatterRecord
    tasks: list[WaitingStep]
    finished: list[FinishedStep]
    attachments: list[AttachmentShown]
    escalations: list[EscalationShown]
    linked: list[LinkedMatter]


class HistoryRow(Answered):
    """An entry of the history: the words of the page, and the event's stable code."""

    event: str
    step: str | None
    at: Moment
    actor: str
    title: str
    note: str
    answers: Annotated[list[tuple[str, str]], Field(description=N_("填写的内容：标签和值。"))]


class History(Answered):
    """A history, the newest first."""

    items: list[HistoryRow]
    total: int
