"""The tables of casework, as mapped classes."""

from engine.casework.models.bureau import Holding, Officer, Unit
from engine.casework.models.intake import Category, Channel, ImportBatch, ImportRow
from engine.casework.models.matter import Matter, MatterAccused, MatterNumber, Petitioner
from engine.casework.models.messages import Dispatch, Notice
from engine.casework.models.record import Attachment, Contact, Escalation, HistoryEvent
from engine.casework.models.reference import CalendarYear, Holiday, Keyword

__all__ = [
    "Attachment",
    "CalendarYear",
    "Category",
    "Channel",
    "Contact",
    "Dispatch",
    "Escalation",
    "HistoryEvent",
    "Holding",
    "Holiday",
    "ImportBatch",
    "ImportRow",
    "Keyword",
    "Matter",
    "MatterAccused",
    "MatterNumber",
    "Notice",
    "Officer",
    "Petitioner",
    "Unit",
]
