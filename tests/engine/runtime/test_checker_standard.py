"""What the BPMN 2.0 standard asks of every file, rule by rule: what breaks it is named, what keeps it is not.

The rules are those that Geiger et al., «BPMN conformance in open source engines», 2015, count as constraints beyond the
schema; each line has their number, the wrong element, what breaks the rule, and what keeps it.
"""

import pytest

from tests.engine.runtime.checker_cases.rule import Rule
from tests.engine.runtime.checker_cases.rules_data import DATA_RULES
from tests.engine.runtime.checker_cases.rules_events import EVENT_RULES


@pytest.mark.parametrize("rule", [*DATA_RULES, *EVENT_RULES], ids=lambda rule: rule.number)
def test_what_breaks_a_rule_of_the_standard_is_refused_where_it_is(rule: Rule) -> None:
    wrong = rule.errors(rule.wrong, rule.outside, rule.attributes)
    right_outside = rule.outside if rule.right_outside is None else rule.right_outside
    right = rule.errors(rule.right, right_outside, rule.right_attributes)
    assert wrong.get(rule.element, set()) - right.get(rule.element, set()), (wrong, right)
    assert set(right) <= set(wrong), (wrong, right)
    assert all(right[element] <= wrong[element] for element in right), (wrong, right)
