"""The reference for process owners says what is so."""

import json
import re
from pathlib import Path

from forms import compile_form
from forms.conditions import Name, parse_condition
from forms.kinds import INSTEAD, KINDS

TEXT = (Path(__file__).parents[2] / "docs" / "forms.md").read_text("utf-8")


def test_every_type_and_every_attribute_stands_in_the_reference() -> None:
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z0-9]+", " ".join(re.findall(r"`([^`]+)`", prose))))
    # What only matters to the modeler's own screen is taken and changes nothing.
    silent = {
        "searchable",
        "showOutline",
        "verticalAlignment",
        "disableCollapse",
        "nonCollapsedItems",
        "isRepeating",
        "height",
    }
    silent |= {"timeSerializingFormat", "timeInterval", "use24h", "dateLabel", "timeLabel", "text"}
    for name, kind in KINDS.items():
        assert {name, *kind.attributes, *kind.validate} - silent <= words
    assert set(INSTEAD) <= words


def test_the_examples_work() -> None:
    example = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    assert compile_form(json.loads(example.group(1)), name="review").variables() == {"decision": "text"}
    conditions = re.search(r"## Conditions.*?```\n(.*?)```", TEXT, re.DOTALL)
    assert conditions is not None
    names = {
        "decision": Name("decision", "text"),
        "amount": Name("amount", "number"),
        "urgent": Name("urgent", "boolean"),
        "kind": Name("kind", "text"),
        "topics": Name("topics", "list"),
        "day": Name("day", "date"),
        "agency": Name("agency", "text"),
    }
    lines = conditions.group(1).strip().splitlines()
    assert len([parse_condition(line, names) for line in lines]) == 5
