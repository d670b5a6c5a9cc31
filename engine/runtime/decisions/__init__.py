"""Decision tables (DMN), read and evaluated on our own expression language.

`parse_dmn(content)` gives the decisions of a file by id; `decision.decide(data, functions)` takes one and says which
rules hit. Only decision tables are decisions here: what needs full FEEL is refused when the file is read.
"""

from engine.runtime.decisions.errors import DecisionError, Fault
from engine.runtime.decisions.parse import parse_dmn
from engine.runtime.decisions.policies import Policy
from engine.runtime.decisions.table import Decided, Decision, Input, Output, Rule

__all__ = ["Decided", "Decision", "DecisionError", "Fault", "Input", "Output", "Policy", "Rule", "parse_dmn"]
