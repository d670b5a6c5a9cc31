"""What people do to an instance by hand: suspend, cancel, move, change, restart, bring messages, see to incidents.

Each operation takes the instance's lock, needs a reason, can be carried out without being kept (a dry run), and is
written into history and into the table ``operation``.
"""

from engine.runtime.operating.consequences import Consequences, ItemChange, TimerChange, VariableChange
from engine.runtime.operating.looking import Look, Standing
from engine.runtime.operating.operation import Order
from engine.runtime.operating.places import Place

__all__ = ["Consequences", "ItemChange", "Look", "Order", "Place", "Standing", "TimerChange", "VariableChange"]
