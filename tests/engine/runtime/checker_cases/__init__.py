"""For every sentence of the checker a diagram that earns it, and one close by that does not."""

from tests.engine.runtime.checker_cases.case import Case
from tests.engine.runtime.checker_cases.decisions import DECISIONS
from tests.engine.runtime.checker_cases.events import EVENTS
from tests.engine.runtime.checker_cases.files import FILES
from tests.engine.runtime.checker_cases.flow import FLOW
from tests.engine.runtime.checker_cases.formulas import FORMULAS
from tests.engine.runtime.checker_cases.tasks import TASKS

CASES = [*FILES, *FLOW, *TASKS, *EVENTS, *FORMULAS, *DECISIONS]

__all__ = ["CASES", "Case"]
