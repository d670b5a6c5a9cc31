"""The preset of routing: what police duties and other agencies are competent for, before anything was learned.

`dictionary/competence.csv` holds it, by duty instead of unit: a bureau says which of its units has each duty. Written
from the competences themselves (laws, 三定 regulations, service guides); looked over once against labelled messages.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from rules.routing_rules import Rule, rule_from_dict

LISTS = ("words", "also", "without")


@cache
def preset() -> tuple[Rule, ...]:
    """Return the preset rules; the unit of each is a duty (`traffic`, `household` …)."""
    text = files("rules").joinpath("dictionary", "competence.csv").read_text(encoding="utf-8")
    return tuple(map(_rule, csv.DictReader(text.splitlines())))


def duties() -> tuple[str, ...]:
    """Return every duty that the preset speaks of, by name."""
    return tuple(sorted({rule.unit for rule in preset() if rule.unit}))


def preset_rules(units: Mapping[str, str]) -> list[Rule]:
    """Return the preset for a bureau. `units`: the unit's code for every duty; rules of other duties are left out."""
    return [
        rule_from_dict(rule.as_dict() | {"unit": units.get(rule.unit, "")})
        for rule in preset()
        if not rule.unit or rule.unit in units
    ]


def _rule(row: dict[str, str]) -> Rule:
    lists = {name: row[name].split() for name in LISTS}
    data = {"id": row["code"], "kind": row["kind"], "unit": row["duty"], "agency": row["agency"]}
    return rule_from_dict(data | lists | {"priority": int(row["priority"])})
