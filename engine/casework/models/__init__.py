"""The tables of casework, as mapped classes."""

from engine.casework.models.access_tokens import ApiAnswer, ApiToken, ApiTokenEvent
from engine.casework.models.bureau import Holding, Officer, Unit
from engine.casework.models.demonstration import DemoFill
from engine.casework.models.intake import Category, Channel, ImportBatch, ImportRow
from engine.casework.models.keywords import KeywordChange, KeywordDraft, KeywordPreview, KeywordVersion
from engine.casework.models.learning import MatterDecision, ModelEvent, ModelVersion
from engine.casework.models.likeness import Burst, BurstMember, Likeness
from engine.casework.models.matter import Matter, MatterAccused, MatterAsked, MatterNumber, Petitioner
from engine.casework.models.messages import Dispatch, Notice
from engine.casework.models.proceeding import PointEntry, Proceeding, ProceedingNumber
from engine.casework.models.reconciliation import (
    ChannelDayCheck,
    ChannelExplanation,
    ChannelReport,
    ChannelSetting,
)
from engine.casework.models.record import Attachment, Contact, Escalation, HistoryEvent, InstanceEvent
from engine.casework.models.reference import CalendarYear, Holiday, Keyword
from engine.casework.models.screening import Alarm, SecretAttempt, SecretWord, SecretWordEvent, SecretWordList
from engine.casework.models.text_index import MatterChange, SearchEntry, TextIndexFollower

__all__ = [
    "Alarm",
    "ApiAnswer",
    "ApiToken",
    "ApiTokenEvent",
    "Attachment",
    "Burst",
    "BurstMember",
    "CalendarYear",
    "Category",
    "Channel",
    "ChannelDayCheck",
    "ChannelExplanation",
    "ChannelReport",
    "ChannelSetting",
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
    "KeywordChange",
    "KeywordDraft",
    "KeywordPreview",
    "KeywordVersion",
    "Likeness",
    "Matter",
    "MatterAccused",
    "MatterAsked",
    "MatterChange",
    "MatterDecision",
    "MatterNumber",
    "ModelEvent",
    "ModelVersion",
    "Notice",
    "Officer",
    "Petitioner",
    "PointEntry",
    "Proceeding",
    "ProceedingNumber",
    "SearchEntry",
    "SecretAttempt",
    "SecretWord",
    "SecretWordEvent",
    "SecretWordList",
    "TextIndexFollower",
    "Unit",
]
