"""What officers and the worker do to running matters: each one transaction, permission checked under its lock."""

from engine.casework.commands.acknowledge import acknowledge
from engine.casework.commands.assigning import assign_item, claim, unclaim
from engine.casework.commands.complete import complete
from engine.casework.commands.deliver import deliver
from engine.casework.commands.message import message
from engine.casework.commands.time import fire_all, set_clock

__all__ = [
    "acknowledge",
    "assign_item",
    "claim",
    "complete",
    "deliver",
    "fire_all",
    "message",
    "set_clock",
    "unclaim",
]
