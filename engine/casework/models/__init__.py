"""The tables of casework, as mapped classes."""

from engine.casework.models.access_tokens import ApiAnswer, ApiToken, ApiTokenEvent
from engine.casework.models.bureau import Holding, Officer, Unit
from engine.casework.models.demonstration import DemoFill
from engine.casework.models.intake import Category, Channel, ImportBatch, ImportRow
from engine.casework.models.matter import Matter, MatterAccused, MatterAsked, MatterNumber, Petitioner
from engine.casework.models.messages import Dispatch, Notice
from engine.casework.models.record import Attachment, Contact, Escalation, HistoryEvent, InstanceEvent
from engine.casework.models.reference import CalendarYear, Holiday, Keyword

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "ApiTokenEvent",
    "Attachment",
    "CalendarYear",
    "Category",
    "Channel",
    "Contact",
    "DemoFill",
    "Dispatch",
    "Escalation",
    "HistoryEvent",
    "Holding",
    "Holiday",
    "ImportBatch",
    "ImportRow",
    "InstanceEvent",
    "Keyword",
    "Matter",
    "MatterAccused",
    "MatterAsked",
    "MatterNumber",
    "Notice",
    "Officer",
    "Petitioner",
    "Unit",
]
