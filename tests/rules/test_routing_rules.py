from datetime import date

import pytest

from rules.routing_rules import Rule, RulesError, Unit, check_rules, rule_from_dict


def test_every_fault_of_a_table_is_named_with_its_rule():
    rules = (
        Rule("a", "department", ("红绿灯",), unit="nowhere"),
        Rule("b", "department", ("车",), unit="traffic"),
        Rule("b", "outside", ("违建",)),
        Rule("c", "department", (), unit="traffic", priority=11, clock="尽快", severity="grave"),
        Rule("d", "intent", ("咨询",), valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)),
        Rule("e", "local", ("赌博",)),
    )
    with pytest.raises(RulesError) as refused:
        check_rules(rules, [Unit("traffic", ("交警大队",))])
    found = {}
    for rule, message in refused.value.problems:
        found.setdefault(rule, []).append(message)
    assert "没有单位“nowhere”" in found["a"]
    assert any("至少两个字" in message for message in found["b"])
    assert "编号重复" in found["b"]
    assert any("职能部门" in message for message in found["b"])
    assert len(found["c"]) == 4
    assert any("失效日期" in message for message in found["d"])
    assert any("承办单位" in message for message in found["e"])


def test_a_single_character_is_allowed_in_a_combination_only():
    assert not Rule("a", "outside", ("货车+吵",), agency="城管").problems()
    assert Rule("a", "outside", ("吵",), agency="城管").problems()


def test_a_rule_survives_the_way_to_json_and_back():
    rule = Rule("a", "local", ("赌博", "甲+乙"), ("夜|晚",), ("彩票",), unit="order", valid_from=date(2026, 1, 1))
    assert rule_from_dict(rule.as_dict()) == rule
    assert rule_from_dict(rule.as_dict() | {"colour": "red"}) == rule


def test_a_rule_holds_on_both_its_first_and_its_last_day():
    rule = Rule("a", "matter", ("灯会",), valid_from=date(2026, 2, 1), valid_to=date(2026, 2, 15))
    held = [day for day in range(1, 29) if rule.is_valid(date(2026, 2, day))]
    assert held == list(range(1, 16))
    assert rule.is_valid(None)
