"""Runs BPMN processes: deployments, instances, work items, timers and messages, on one PostgreSQL.

It knows no matter, no officer and no page; what it needs of them it asks a :class:`Host`.
"""

from engine.runtime.definitions import Definition
from engine.runtime.deployments import Deployment
from engine.runtime.errors import (
    AlreadyDone,
    CannotAdvance,
    InvalidAnswers,
    KeyReused,
    NotFound,
    Refused,
    RuntimeFailure,
    Suspended,
    Taken,
)
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
    "Call",
    "CannotAdvance",
    "Definition",
    "Deployment",
    "Due",
    "Event",
    "Host",
    "InvalidAnswers",
    "Item",
    "KeyReused",
    "Moved",
    "NotFound",
    "Offer",
    "Outcome",
    "Problem",
    "Refused",
    "Runtime",
    "RuntimeFailure",
    "Service",
    "Step",
    "Suspended",
    "Taken",
    "Transaction",
]
