from datetime import UTC, date, datetime, time, timedelta

import pytest

from engine.runtime.expressions import (
    Expression,
    ExpressionError,
    MissingValueError,
    evaluate,
    is_expression,
    names,
    parse,
)

DATA = {
    "review": {"decision": "reject", "count": 3, "note": None},
    "handling": {"sent_back": False, "amounts": [1, 2.5], "unit": {"name": "城关所"}},
    "受理": {"结果": "受理"},
    "when": "2025-03-01",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${review.decision == 'reject'}", True),
        ("#{review.decision == 'reject'}", True),
        ('review.decision == "reject"', True),
        ("review['decision'] != 'reject'", False),
        ("受理.结果 == '受理'", True),
        ("handling.unit.name", "城关所"),
        ("handling['unit'].name", "城关所"),
        ("handling.amounts[0] + handling.amounts[1]", 3.5),
        ("handling.amounts[-1]", 2.5),
        ("'城关所'[0]", "城"),
        # the spellings of Camunda
        ("review.count eq 3 && !handling.sent_back", True),
        ("review.count ne 3 || review.count ge 4", False),
        ("not (review.count lt 3) and review.count le 3", True),
        ("review.count gt 2 ? 'many' : 'few'", "many"),
        ("'many' if review.count > 5 else 'few' if review.count > 2 else 'none'", "few"),
        ("9 div 2", 4.5),
        ("9 mod 2", 1),
        ("empty handling.amounts", False),
        ("!empty review.note", False),
        ("true == True and null == None and false == False", True),
        ("review.note is null", True),
        ("review.decision is not null", True),
        ("review.count = 3", True),
        # precedence: ! binds tighter than ==, not weaker; and before or
        ("!true == false", True),
        ("not 1 == 2", True),
        ("true or false and false", True),
        ("1 + 2 * 3 - 4 / 2", 5),
        ("-2 + 5", 3),
        ("- -2", 2),
        ("(1 + 2) * 3", 9),
        ("7 // 2", 3),
        ("1 < review.count <= 3", True),
        ("1 < review.count < 3", False),
        ("0.1 + 0.2 < 0.4", True),
        # lists, records, membership
        ("review.decision in ['reject', 'accept']", True),
        ("review.decision not in ('reject', 'accept')", False),
        ("'rej' in review.decision", True),
        ("'decision' in review", True),
        ("5 in [1..5]", True),
        ("5 in [1..5)", False),
        ("1 in ]1..5]", False),
        ("(2 in (1..5)) and not (9 in [1..5])", True),
        ("9 not in [1..5]", True),
        ("[1, 'a', null,]", [1, "a", None]),
        ("{'a': 1, b: [2]}", {"a": 1, "b": [2]}),
        ("{'a': {'b': 7}}['a'].b", 7),
        ("()", []),
        # kinds are kept apart
        ("true == 1", False),
        ("[true] == [1]", False),
        ("'3' == 3", False),
        ("1 == 1.0", True),
        ("'a' + 'b'", "ab"),
        (r"'a\n\u6c11\'' + \"\"".replace('\\"', '"'), "a\n民'"),
        # functions
        ("len(handling.amounts) + len('民意') + len(review)", 7),
        ("min(3, 1, 2) + max([4, 5])", 6),
        ("min('b', 'a')", "a"),
        ("sum(handling.amounts)", 3.5),
        ("abs(-2)", 2),
        ("any([false, true]) and not all([false, true])", True),
        ("round(2.567, 1)", 2.6),
        ("round(2.4)", 2),
        ("floor(2.9) + ceiling(2.1)", 5),
        ("int('12') + int(2.9)", 14),
        ("number('2.5')", 2.5),
        ("str(12) + str(true)", "12true"),
        ("lower('AB') + upper('ab') + trim(' x ')", "abABx"),
        ("starts_with('民意办', '民') and ends_with('民意办', '办') and contains('民意办', '意')", True),
        ("contains([1, 2], 2)", True),
        ("get(review, 'decision', 'none')", "reject"),
        ("get(review, 'missing', 'none')", "none"),
        ("get(absent, 'missing')", None),
        ("defined(review.decision) and not defined(review.note) and not defined(absent.x)", True),
        ("empty(absent) and empty('') and not empty(0)", True),
        ("date(when) == date(2025, 3, 1)", True),
        ("date(when) + days(1)", date(2025, 3, 2)),
        ("date('2025-01-31') + duration('P1M')", date(2025, 2, 28)),
        ("date('2024-02-29') - duration('P1Y')", date(2023, 2, 28)),
        ("date('2025-03-01') - date('2025-02-01')", timedelta(days=28)),
        ("datetime('2025-03-01T08:00:00Z') + hours(1) + minutes(30)", datetime(2025, 3, 1, 9, 30, tzinfo=UTC)),
        ("duration('P1DT2H') > days(1)", True),
        ("-duration('PT1H')", -timedelta(hours=1)),
        ("time('08:30') < time('09:00')", True),
        ("time('08:30')", time(8, 30)),
        ("year(date(when)) * 100 + month(date(when)) + day(date(when)) + weekday(date(when))", 202510),
        ("@'2025-03-01' == date('2025-03-01') and @'P1D' == days(1)", True),
    ],
)
def test_value(text: str, value: object) -> None:
    result = evaluate(text, DATA)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("review.missing == 1", "变量 review.missing 没有值"),
        ("absent", "变量 absent 没有值"),
        ("review.note.deep", "变量 review.note.deep 没有值"),
        ("review.count.deep", "变量 review.count 是数字，没有成员 deep"),
        ("handling.amounts[7]", "[7]"),
        ("unknown(1)", "没有这个函数：unknown"),
        ("review.decision.upper()", "不能调用方法"),
        ("len(1, 2)", "函数 len 要 1 到 1 个参数，这里有 2 个"),
        ("1 +", "没有写完"),
        ("", "表达式是空的"),
        ("${}", "表达式是空的"),
        ("${a} and ${b}", "'$'"),
        ("'open", "引号没有结束"),
        ("“中文”", "中文引号"),
        ("1 2", "第 3 个字符"),
        ("'a' < 1", "不能比较文字和数字的大小"),
        ("true < false", "不能比较是否和是否的大小"),
        ("datetime('2025-03-01T08:00:00Z') < datetime('2025-03-01T08:00:00')", "不能比较"),
        ("1 / 0", "不能除以 0"),
        ("'a' * 9", "* 只能用于数字"),
        ("'%s' % 1", "% 只能用于数字"),
        ("true + 1", "+ 只能用于数字"),
        ("[1] + [2]", "+ 只能用于数字"),
        ("2 ** 3", "第 4 个字符"),
        ("1 in 2", "in 的右边"),
        ("date('2025-02-30')", "不是日期"),
        ("duration('P1M2D')", "不能混合月和天"),
        ("duration('P')", "不是 ISO 8601 时长"),
        ("int('12x')", "不是整数"),
        ("min([])", "是空的"),
        ("x is 3", "is 后面只能是"),
        ("{1: 2}", "应为键"),
        (r"'\x41'", "不认识的转义"),
        ("_private", "不能以下划线开头"),
        ("1e400", "第 2 个字符"),
        ("999999999999999999999", "数字太大"),
    ],
)
def test_error_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, DATA)
    assert said in str(caught.value)
    assert caught.value.english.isascii() or "'" in caught.value.english


def test_missing_value_names_its_path() -> None:
    with pytest.raises(MissingValueError) as caught:
        evaluate("review.missing", DATA)
    assert caught.value.path == "review.missing"


def test_host_functions_are_called_and_cannot_replace_built_in_ones() -> None:
    host = {"workdays": lambda count: count * 2, "len": lambda _value: -1}
    assert evaluate("workdays(3) + len('ab')", {}, host) == 8


def test_failing_host_function_is_an_expression_error() -> None:
    def boom() -> None:
        raise KeyError("inside")

    with pytest.raises(ExpressionError, match="函数 boom 出错"):
        evaluate("boom()", {}, {"boom": boom})


def test_result_shares_nothing_with_the_data() -> None:
    data = {"a": {"list": [1]}}
    result = evaluate("a", data)
    result["list"].append(2)
    assert data == {"a": {"list": [1]}}


def test_parse_is_cached_and_knows_what_is_used() -> None:
    first = parse("${review.decision == 'x' and handling['unit'].name in [workdays(a.b)]}")
    assert isinstance(first, Expression)
    assert parse("${review.decision == 'x' and handling['unit'].name in [workdays(a.b)]}") is first
    assert names(first) == {"review.decision", "handling.unit.name", "a.b"}
    assert first.functions == {"workdays"}
    assert evaluate(parse("1 + 1"), {}) == 2


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("a.b == 1 or c", {"a.b", "c"}),
        ("defined(a.b) and a.b == 1", set()),
        ("defined(a.b) && a.c == 1", {"a.c"}),
        ("not defined(a.b) or a.b == 1", set()),
        ("!empty a.b && a.b == 1 && c", {"c"}),
        ("empty a.b || a.b == 1", set()),
        ("defined(a.b) or a.b == 1", {"a.b"}),
        ("a.b if defined(a.b) else c.d", {"c.d"}),
        ("defined(a.b) ? 1 : a.b", {"a.b"}),
        ("get(a, 'b') != null and a.b == 1", set()),
        ("get(a.b, key, fallback.x)", {"key", "fallback.x"}),
        ("defined(a[b.c])", {"b.c"}),
        ("(defined(a) and defined(b)) and a + b > 1", set()),
    ],
)
def test_required_variables_follow_what_was_asked_before(text: str, required: set[str]) -> None:
    assert parse(text).required == required


def test_marked_texts() -> None:
    assert is_expression(" ${a.b} ")
    assert is_expression("#{a}")
    assert not is_expression("3工作日")
    assert not is_expression("a.b")


def test_names_with_spaces() -> None:
    expression = parse("Applicant Age + Age", ("Applicant Age",))
    assert expression.names == {"Applicant Age", "Age"}
    assert evaluate(expression, {"Applicant Age": 1, "Age": 2}) == 3


def test_data_of_other_types_is_refused_or_reduced() -> None:
    assert evaluate("a == [1, 2]", {"a": (1, 2)}) is True
    with pytest.raises(ExpressionError, match="object"):
        evaluate("a", {"a": object()})
    with pytest.raises(ExpressionError, match="complex"):
        evaluate("a.b == 1", {"a": {"b": complex(1, 2)}})
