"""The routing dictionary of the demonstration bureau: `keywords.csv` beside this module, one rule a row.

Words stand apart by spaces; in `words` an entry `甲+乙` wants both, in `also` `甲|乙` is either. Units and categories
are codes of `bureau`.
"""

from engine.casework.demo.tables import rows
from rules.routing_rules import Rule, rule_from_dict

LISTS = ("words", "also", "without")


def _rule(row: dict[str, str]) -> Rule:
    data = {name: value for name, value in row.items() if value and name not in LISTS}
    lists = {name: row[name].split() for name in LISTS}
    return rule_from_dict(data | lists | {"id": row["code"], "priority": int(row["priority"])})


RULES: tuple[Rule, ...] = tuple(map(_rule, rows("keywords.csv")))
"""Every rule, in the form of the keyword table."""
