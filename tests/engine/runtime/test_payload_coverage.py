"""That the table of places is whole: a new place that computes something, and is not in it, fails here."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.engine.runtime.payload_places import PLACES

# Where the product computes what others wrote: the function that does it, and the places of the table that lead there.
CALLERS = {
    "engine/runtime/checker/conditions.py": ["condition of an exclusive gateway", "condition of an inclusive gateway"],
    "engine/runtime/checker/tables.py": ["decision input entry"],
    "engine/runtime/clocks.py": ["dueDate", "timeDuration"],
    "engine/runtime/due_times.py": ["dueDate"],
    "engine/runtime/items.py": ["candidateGroups", "property"],
    "engine/runtime/migrating/move.py": ["timeCycle"],
    "engine/runtime/multi_instance.py": ["collection", "loopCardinality", "completionCondition"],
    "engine/runtime/run.py": ["priority", "dueDate", "followUpDate", "parameter of a service"],
    "engine/runtime/scopes.py": ["sourceExpression", "sourceExpression out"],
    "engine/runtime/script_engine.py": ["condition of an exclusive gateway", "condition of an inclusive gateway"],
    "engine/runtime/throwing.py": ["parameter of a message", "parameter of a signal", "business key of a message"],
    "engine/runtime/timers.py": ["timeDuration", "timeDate", "timeCycle"],
    "engine/runtime/decisions/decision.py": ["decision expression"],
    "engine/runtime/decisions/matching.py": ["decision input entry"],
    "engine/runtime/decisions/table.py": ["decision input", "decision output entry", "decision default output"],
}


def sources() -> Iterator[Path]:
    for package in ("engine", "forms", "rules", "webapp"):
        yield from sorted((REPOSITORY / package).rglob("*.py"))


def computes(path: Path) -> bool:
    """Whether a module asks for the value of an expression: `evaluate`, `evaluated`, `run.value`, the tree's `run`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("runtime.expressions")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in {"run", "evaluate"} & imported:
            return True
        if isinstance(function, ast.Attribute):
            owner = ast.unparse(function.value)
            if function.attr in {"evaluate", "evaluated"} or (function.attr == "value" and owner.endswith("run")):
                return True
    return False


def test_every_place_that_computes_is_in_the_table() -> None:
    found = {
        str(path.relative_to(REPOSITORY)) for path in sources() if "expressions" not in path.parts and computes(path)
    }
    assert found == set(CALLERS), "a module that computes expressions needs its places in PLACES and a line in CALLERS"
    assert {place for places in CALLERS.values() for place in places} <= {
        name for name, place in PLACES.items() if place.good
    }


def test_every_formula_the_checker_knows_is_in_the_table() -> None:
    """The checker names each kind of expression in English; every kind has its place here."""
    tree = ast.parse((REPOSITORY / "engine/runtime/checker/formulas.py").read_text(encoding="utf-8"))
    told: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Formula":
            words = node.args[3]
            if isinstance(words, ast.Constant):
                told.add(str(words.value))
            elif isinstance(words, ast.JoinedStr) and isinstance(words.values[0], ast.Constant):
                told.add(str(words.values[0].value).strip())
    places = {
        "condition": "condition of an exclusive gateway",
        "parameter": "parameter of a service",
        "time": "timeDuration",
        "property": "property",
        "collection": "collection",
        "in mapping": "sourceExpression",
        "business key": "business key of a call",
    }
    assert told == set(places)
    assert set(places.values()) <= set(PLACES)
    attributes = {"dueDate", "followUpDate", "priority", "assignee", "candidateUsers", "candidateGroups"}
    named = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in attributes}
    assert named == attributes <= set(PLACES)


def test_nothing_of_the_product_runs_text_as_code_or_template() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "render_template_string", "Template", "from_string"}
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                plain = isinstance(function, ast.Name) or name in {"from_string", "render_template_string", "Template"}
                if plain and name in forbidden:
                    found.append(f"{path.relative_to(REPOSITORY)}:{node.lineno} {name}")
    assert found == []
