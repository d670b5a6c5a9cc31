"""Decision tables (DMN), read and evaluated on our own expression language.

`parse_dmn(content)` gives the decisions of a file by id; `decision.decide(data, functions)` takes one and says which
rules hit. A decision is a table or one expression of our language: what needs full FEEL is refused, by its name, when
the file is read. `cases` runs the test cases that belong to models.
"""

from engine.runtime.decisions.decision import Decided, Decision
from engine.runtime.decisions.errors import DecisionError, Fault
from engine.runtime.decisions.kinds import written
from engine.runtime.decisions.parse import parse_dmn
from engine.runtime.decisions.policies import Policy
from engine.runtime.decisions.table import Input, Output, Rule, Table

__all__ = [
    "Decided",
    "Decision",
    "DecisionError",
    "Fault",
    "Input",
    "Output",
    "Policy",
    "Rule",
    "Table",
    "parse_dmn",
    "written",
]
