"""Patterns: what is understood, and that nothing that could run away is accepted."""

import pytest

from forms.patterns import LONGEST_ANSWER, PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^\d{17}[0-9X]$", "11010119900307123X", "1234"),
        (r"^(?:苏|沪)[A-Z][A-Z0-9]{5,6}$", "苏E12345", "苏e1"),
        (r"^[\u4e00-\u9fa5]{2,10}$", "张三", "zhang"),
        (r"^(\d{1,3}\.){3}\d{1,3}$", "10.0.0.1", "10.0.1"),
        (r"^[^@\s]{1,64}@[^@\s]{1,64}$", "a@b", "a b@c"),
        (r"^(?:\d{3}-)+\d{4}$", "010-020-1234", "010-12345"),
        (r"^\w+\s*$", "abc ", "中文"),
        (r"^a|b$", "ax", "cx"),
        (r"\.\(\)\[\]\{\}\*\+\?\|\^\$\\\-\/", r".()[]{}*+?|^$\-/", "x"),
        (r"^[a\-\]z]+?$", "a-]z", "b"),
        (r"^\x41\t?$", "A", "B"),
    ],
)
def test_plain_patterns(pattern: str, good: str, bad: str) -> None:
    compiled = compile_pattern(pattern)
    assert compiled.search(good)
    assert not compiled.search(bad)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a*)*$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "^((a{1,10}){1,10}){1,10}$",
        "^(a+){10}$",
        "^(a?){20}a{20}$",
        "^.*.*.*$",
        "^(.*a){12}$",
        r"^(\w+\s?)*$",
        r"^([a-z]{1,500}){1,500}$",
        "a*b*",
        "^(a|b|c|d)+$",
        r"(\d+)-\1",
        "(?=a)b",
        "(?!a)b",
        "(?<=a)b",
        "(?P<n>a)",
        "(?i)a",
        "a++",
        "a**",
        "a{2}{3}",
        "*a",
        "{2}",
        "(?:",
        "(a",
        "a)",
        "[a",
        "[]",
        "[]a]",
        "[z-a]",
        "[[a]",
        "[a--b]",
        "a{5,2}",
        "a{9999}",
        r"\k",
        r"\p{L}",
        r"\u12",
        r"\x4",
        "\\",
        "a]",
        "a}",
        "x" * 201,
        "(" * 50 + ")" * 50,
    ],
)
def test_what_could_run_away_or_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert caught.value.message != caught.value.message_en


def test_the_worst_that_is_accepted_is_quick() -> None:
    # Steps are bounded, so this returns at once; were it not bounded, the test would never end.
    slowest = compile_pattern("^a*a*$")
    assert not slowest.search("a" * (LONGEST_ANSWER - 1) + "b")
    assert not compile_pattern("a+$").search("a" * (LONGEST_ANSWER - 1) + "b")
