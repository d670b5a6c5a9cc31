"""Runs BPMN processes: deployments, instances, work items, timers and messages, on one PostgreSQL.

It knows no matter, no officer and no page; what it needs of them it asks a :class:`Host`.
"""

from engine.runtime.definitions import Definition
from engine.runtime.deployments import Deployment
from engine.runtime.errors import (
    AlreadyDone,
    BpmnError,
    CannotAdvance,
    CannotOperate,
    ClockRefused,
    InvalidAnswers,
    KeyReused,
    NotFound,
    ReasonMissing,
    Refused,
    RuntimeFailure,
    Superseded,
    Suspended,
    Taken,
)
from engine.runtime.incidents import Incident
from engine.runtime.operating import Consequences, Look, Place, Standing
from engine.runtime.problems import Problem
from engine.runtime.protocol import (
    Call,
    Due,
    Event,
    Host,
    Item,
    Moved,
    Offer,
    Outcome,
    Service,
    Transaction,
)
from engine.runtime.runtime import Runtime
from engine.runtime.steps import Step

__all__ = [
    "AlreadyDone",
    "BpmnError",
    "Call",
    "CannotAdvance",
    "CannotOperate",
    "ClockRefused",
    "Consequences",
    "Definition",
    "Deployment",
    "Due",
    "Event",
    "Host",
    "Incident",
    "InvalidAnswers",
    "Item",
    "KeyReused",
    "Look",
    "Moved",
    "NotFound",
    "Offer",
    "Outcome",
    "Place",
    "Problem",
    "ReasonMissing",
    "Refused",
    "Runtime",
    "RuntimeFailure",
    "Service",
    "Standing",
    "Step",
    "Superseded",
    "Suspended",
    "Taken",
    "Transaction",
]
