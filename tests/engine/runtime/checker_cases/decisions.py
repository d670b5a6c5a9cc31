"""Decision tables: the sentences, each with a diagram that earns it and one that does not."""

from tests.engine.runtime.checker_cases.case import Case, decided

DECISIONS = [
    Case("decision-gap", "d", decided(['"a"', '"1"']), decided(['"a"', '"1"'], ["-", '"2"'])),
    Case(
        "decision-overlap",
        "d",
        decided(['"a","b"', '"1"'], ['"b","c"', '"2"'], ['not("a","b","c")', '"3"'], policy="UNIQUE"),
        decided(['"a","b"', '"1"'], ['"c"', '"2"'], ['not("a","b","c")', '"3"'], policy="UNIQUE"),
    ),
    Case(
        "decision-disagree",
        "d",
        decided(['"a","b"', '"1"'], ['"b"', '"2"'], ['not("a","b")', '"3"'], policy="ANY"),
        decided(['"a","b"', '"1"'], ['"b"', '"1"'], ['not("a","b")', '"3"'], policy="ANY"),
    ),
    Case("rule-never-hit", "d", decided(["-", '"1"'], ['"a"', '"2"']), decided(['"a"', '"1"'], ["-", '"2"'])),
]
