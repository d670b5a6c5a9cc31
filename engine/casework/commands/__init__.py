"""What officers and the worker do to running matters: each one transaction, permission checked under its lock."""

from engine.casework.commands.acknowledge import acknowledge
from engine.casework.commands.assigning import assign_item, claim, unclaim
from engine.casework.commands.by_business_key import send_message, start_instance
from engine.casework.commands.clocks import extend, pause_clock, resume_clock
from engine.casework.commands.complete import complete
from engine.casework.commands.deliver import deliver
from engine.casework.commands.incidents import resolve_incident, retry_incident, retry_incidents
from engine.casework.commands.linking import link, tell_apart, unlink
from engine.casework.commands.message import message
from engine.casework.commands.migrating import (
    begin_migration,
    change_migration,
    plan_migration,
    revert_migration,
    revert_one,
)
from engine.casework.commands.operating import (
    cancel,
    correlate,
    move_token,
    restart_from,
    resume,
    set_variables,
    suspend,
)
from engine.casework.commands.proceedings import open_accountability, open_rectification, supervise
from engine.casework.commands.publish_keywords import publish_keywords, restore_keywords
from engine.casework.commands.schedules import pause_schedule, resume_schedule
from engine.casework.commands.time import fire_all, set_clock

__all__ = [
    "acknowledge",
    "assign_item",
    "begin_migration",
    "cancel",
    "change_migration",
    "claim",
    "complete",
    "correlate",
    "deliver",
    "extend",
    "fire_all",
    "link",
    "message",
    "move_token",
    "open_accountability",
    "open_rectification",
    "pause_clock",
    "pause_schedule",
    "plan_migration",
    "publish_keywords",
    "resolve_incident",
    "restart_from",
    "restore_keywords",
    "resume",
    "resume_clock",
    "resume_schedule",
    "retry_incident",
    "retry_incidents",
    "revert_migration",
    "revert_one",
    "send_message",
    "set_clock",
    "set_variables",
    "start_instance",
    "supervise",
    "suspend",
    "tell_apart",
    "unclaim",
    "unlink",
]
