"""`minyi decision test`: models and their test cases in a folder, judged line by line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.engine.runtime.test_decisions import dmn, table
from tests.engine.runtime.test_decisions_required import formula
from tests.engine.runtime.test_decisions_tck import EXPRESSIONS, TABLES
from webapp.cli import commands

XMLNS = (
    'xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


def value(text: str, kind: str = "string") -> str:
    return f'<value xsi:type="xsd:{kind}">{text}</value>'


def case(number: str, inputs: dict[str, str], results: dict[str, str], more: str = "") -> str:
    given = "".join(f'<inputNode name="{name}">{inner}</inputNode>' for name, inner in inputs.items())
    asked = "".join(
        f'<resultNode name="{name}" type="decision" {more}><expected>{inner}</expected></resultNode>'
        for name, inner in results.items()
    )
    return f'<testCase id="{number}">{given}{asked}</testCase>'


def cases(*inner: str, model: str = "m.dmn") -> bytes:
    return f"<testCases {XMLNS}><modelName>{model}</modelName>{''.join(inner)}</testCases>".encode()


def judged(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(commands, ["decision", "test", str(folder), *options])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    limit = table([(["> 2"], ['"long"', "9"]), (["<= 2"], ['"short"', "1.5"])], outputs=("word", "points"))
    (tmp_path / "m.dmn").write_bytes(dmn(limit, formula("sum", "a + 0.1"), formula("day", 'date("2025-03-01")')))
    (tmp_path / "other.dmn").write_bytes(dmn(table([(["> 1"], ["1"]), (["> 2"], ["2"])])))
    (tmp_path / "notes.xml").write_text("<notes/>")
    return tmp_path


RECORD = '<component name="points">{}</component><component name="word">{}</component>'
LONG = RECORD.format(value("9", "decimal"), value("long"))


def test_all_that_passes_exits_with_zero(folder: Path) -> None:
    (folder / "m-test.xml").write_bytes(
        cases(
            # In binary 2.2 + 0.1 is not quite 2.3.
            case("1", {"a": value("2.2", "decimal")}, {"决策 d": LONG, "sum": value("2.3", "decimal")}),
            case("2", {}, {"day": value("2025-03-01", "date")}),
            case("3", {}, {"d": '<value xsi:nil="true"/>'}, 'errorResult="true"'),
        )
    )
    (folder / "deeper").mkdir()
    (folder / "deeper" / "other.dmn").write_bytes((folder / "other.dmn").read_bytes())
    (folder / "deeper" / "t.xml").write_bytes(
        cases(case("1", {"a": value("2", "decimal")}, {"d": value("1", "decimal")}), model="other.dmn")
    )
    result = judged(folder)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "pass deeper/t.xml 1 d",
        "pass m-test.xml 1 决策 d",
        "pass m-test.xml 1 sum",
        "pass m-test.xml 2 day",
        "pass m-test.xml 3 d",
        "5 cases, 5 passed, 0 failed",
    ]


def test_every_failure_says_what_is_different(folder: Path) -> None:
    short = RECORD.format(value("9", "decimal"), value("short"))
    three = {"a": value("3", "decimal")}
    (folder / "m-test.xml").write_bytes(
        cases(
            case("1", three, {"d": short}),
            case("2", {"a": value("x")}, {"d": short}),
            case("3", three, {"nobody": short}),
            case("4", three, {"d": LONG}, 'errorResult="true"'),
            case("5", three, {"d": LONG}),
            case("6", {}, {"day": value("2025-03-01")}),
        )
    )
    (folder / "violated.xml").write_bytes(cases(case("1", three, {"d": value("1", "decimal")}), model="other.dmn"))
    (folder / "no-model.xml").write_bytes(cases(case("1", {}, {"d": value("1")}), model="../m.dmn.gone"))
    result = judged(folder, "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert (report["passed"], report["failed"]) == (1, 7)
    said = {(each["file"], each["case"]): each["difference"] for each in report["cases"]}
    assert said["m-test.xml", "1"] == "应为 {'points': 9, 'word': 'short'}，得到 {'word': 'long', 'points': 9}"
    assert "不能比较文字和数字" in said["m-test.xml", "2"]
    assert said["m-test.xml", "3"] == "没有决策「nobody」"
    assert said["m-test.xml", "4"].startswith("应当拒绝")
    assert said["m-test.xml", "5"] == ""
    assert "datetime.date" in said["m-test.xml", "6"]
    assert "只应有一条规则命中" in said["violated.xml", "1"]
    assert said["no-model.xml", "1"] == "没有模型文件 m.dmn.gone"
    english = judged(folder, "--language", "en")
    assert "FAIL m-test.xml 3 nobody: there is no decision nobody" in english.output
    assert english.output.splitlines()[-1] == "8 cases, 1 passed, 7 failed"


def test_a_model_that_is_refused_fails_its_cases_with_the_reason(folder: Path) -> None:
    (folder / "m.dmn").write_bytes(dmn(formula("d", "for x in xs return x")))
    (folder / "m-test.xml").write_bytes(cases(case("1", {}, {"d": value("1")})))
    result = judged(folder)
    assert result.exit_code == 1
    assert "不支持 FEEL 的循环 for … return" in result.output


def test_bad_input_gets_one_line(folder: Path) -> None:
    assert "there are no test cases" in judged(folder).output
    assert judged(folder).exit_code == 1
    assert judged(folder / "nowhere").exit_code == 2
    (folder / "bad.xml").write_bytes(cases(case("1", {"a": value("x", "decimal")}, {"d": value("1")})))
    result = judged(folder)
    assert result.exit_code == 1
    assert isinstance(result.exception, ValueError)
    assert "bad.xml 的用例 1 里有看不懂的值" in str(result.exception)


def test_help_says_what_it_does() -> None:
    result = CliRunner().invoke(commands, ["decision", "test", "--help"])
    assert result.exit_code == 0
    assert "exit 1 when one fails" in result.output


def test_the_kits_decision_tables_all_pass(shared: Path, tmp_path: Path) -> None:
    kit = shared / "suites" / "dmn-tck"
    if not kit.is_dir():
        pytest.skip("the DMN TCK is not among the shared material")
    for folder in kit.iterdir():
        if folder.name[:4] in (*TABLES, *EXPRESSIONS):
            (tmp_path / folder.name).symlink_to(folder)
    lines = [judged(folder).output.splitlines()[-1] for folder in sorted(tmp_path.iterdir())]
    assert len(lines) == len(TABLES) + len(EXPRESSIONS)
    assert all(line.endswith(" 0 failed") for line in lines), lines
