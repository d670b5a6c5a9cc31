"""Every sentence of the catalogue is earned by a diagram, and not by the one beside it that is right."""

from collections import Counter

import pytest

from engine.runtime.checker.messages import CATALOGUE
from tests.engine.runtime.checker_cases import CASES, Case

CHINESE_TERMS = ("工作日", "工作小时", "…")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_the_bad_diagram_earns_it_and_the_good_one_does_not(case: Case) -> None:
    shown = case.shown or case.code
    found = [each for each in case.problems(case.bad) if each.code == shown]
    assert case.element in [each.element_id for each in found]
    severity = "error" if CATALOGUE[case.code][0] == "E" else "warning"
    for problem in found:
        assert problem.severity == severity
        assert problem.message
        assert problem.remedy
        assert problem.message_en
        assert problem.remedy_en
        assert "{" not in problem.remedy.replace("${", "")
        assert problem.line or not problem.element_id
    good = case.problems(case.good)
    assert [each for each in good if each.code == shown or each.severity == "error"] == []


def test_every_sentence_has_a_case() -> None:
    assert set(CATALOGUE) == {case.code for case in CASES}
    assert Counter(case.code for case in CASES).most_common(1)[0][1] == 1


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_sentence_is_there_in_both_languages(code: str) -> None:
    severity, message, english, remedy, remedy_en = CATALOGUE[code]
    assert severity in ("E", "W")
    assert message
    assert remedy
    for sentence in (english, remedy_en):
        assert sentence
        for term in CHINESE_TERMS:
            sentence = sentence.replace(term, "")  # noqa: PLW2901 - what is left is to be English
        assert sentence.isascii()
