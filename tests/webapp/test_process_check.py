"""`minyi process check`: every problem with its place, without a database."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import REPOSITORY
from webapp.cli.process import check

HANDLING = (REPOSITORY / "processes" / "handling.bpmn").read_text(encoding="utf-8")
LINE = re.compile(r'^\S+:(\d+)( \S+)?( "[^"]+")?: (提醒：|warning: )?.+ — .+$')


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments])


def broken(folder: Path, name: str = "handling.bpmn") -> Path:
    file = folder / name
    text = HANDLING.replace('camunda:candidateGroups="handler"', 'camunda:candidateGroups="astronaut"', 1)
    file.write_text(text.replace("${clocks.sign_reminder}", "3 days"), encoding="utf-8")
    return file


def test_the_shipped_processes_have_no_problem() -> None:
    found = run()
    assert (found.exit_code, found.stdout) == (0, "0 errors, 0 warnings\n")


def test_each_problem_is_a_line_with_file_line_element_name_message_and_remedy(tmp_path: Path) -> None:
    file = broken(tmp_path)
    found = run(file)
    assert found.exit_code == 1
    *lines, last = found.stdout.splitlines()
    assert last == "2 errors, 0 warnings"
    assert all(LINE.match(line) for line in lines), lines
    number = next(n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "astronaut" in line)
    assert f'{file}:{number} investigate "调查": 没有“astronaut”这个角色 — 可用的角色：' in found.stdout


def test_in_english(tmp_path: Path) -> None:
    found = run("--language", "en", broken(tmp_path))
    assert "there is no role astronaut — Roles: " in found.stdout


def test_as_json(tmp_path: Path) -> None:
    found = run("--json", broken(tmp_path))
    problems = json.loads(found.stdout)
    assert found.exit_code == 1
    assert {problem["code"] for problem in problems} == {"unknown-role", "timer"}
    assert problems[0]["remedy_en"]


def test_files_one_by_one(tmp_path: Path) -> None:
    other = tmp_path / "other.bpmn"
    other.write_text(HANDLING, encoding="utf-8")  # a process of the same id in another file
    together, apart = run(other, broken(tmp_path)), run("--each", broken(tmp_path), broken(tmp_path, "handling.bpmn"))
    assert "handling.bpmn 里已经有了" in together.stdout
    assert "已经有了" not in apart.stdout
    assert apart.exit_code == 1


def test_what_cannot_be_checked_is_refused_in_one_line(tmp_path: Path) -> None:
    odd = tmp_path / "notes.txt"
    odd.write_text("x")
    found = run(odd)
    assert found.exit_code == 1
    assert found.output.count("\n") == 1
