"""The examples of docs/api.md: each is carried out in their order, and answers what stands below it."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import REPOSITORY
from tests.webapp.api.caller import BASE, Caller, Callers
from tests.webapp.conftest import Site
from webapp.api.problems import KINDS
from webapp.cli.token import token

GUIDE = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)


@dataclass
class Call:
    """One curl of the guide."""

    method: str
    path: str
    headers: dict[str, str]
    data: bytes | None
    status: int | None


def calls(block: str, values: dict[str, str]) -> list[Call]:
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        text, _, expected = line.partition(" # ")
        words = shlex.split(text)
        assert words[:2] == ["curl", "-s"], line
        call = Call("GET", "", {}, None, int(expected) if expected else None)
        rest = iter(words[2:])
        for word in rest:
            if word == "-X":
                call.method = next(rest)
            elif word == "-H":
                name, _, value = filled(next(rest), values).partition(": ")
                call.headers[name] = value
            elif word == "-d":
                call.method, call.data = "POST", next(rest).encode()
            else:
                call.path = filled(word, values).removeprefix("http://minyi" + BASE)
        found.append(call)
    return found


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda name: values[name[1]], text)


def shaped(example: Any, answer: Any, place: str = "") -> list[str]:
    """What an example has that the answer has not."""
    if isinstance(example, dict):
        if not isinstance(answer, dict):
            return [place]
        return [
            fault
            for key, inner in example.items()
            for fault in (shaped(inner, answer[key], f"{place}/{key}") if key in answer else [f"{place}/{key}"])
        ]
    if isinstance(example, list) and example:
        return shaped(example[0], answer[0], f"{place}/0") if isinstance(answer, list) and answer else [place]
    if isinstance(example, bool) or str(example) in {"accept", "accepted", "assign", "already-done", "409"}:
        return [] if example == answer else [f"{place}: {answer}"]
    return []


def test_the_examples_answer_what_they_say(site: Site, callers: Callers) -> None:
    receiver, owner = callers("receiver"), callers("process_owner")
    values = {"MINYI": "http://minyi", "TOKEN": receiver.token, "OWNER": owner.token, "NUMBER": "", "TASK": ""}
    answer, done = None, 0
    for kind, text in BLOCK.findall(GUIDE):
        if kind == "json":
            assert answer is not None
            assert shaped(json.loads(text), answer.json) == []
            continue
        for call in calls(text, values):
            caller = Caller(site.app.test_client(), callers.document, "")
            answer = caller.call(call.method, call.path, headers=call.headers, data=call.data)
            assert answer.status_code == call.status if call.status else 200 <= answer.status_code < 300, answer.text
            done += 1
        if "/matters" in text and not values["NUMBER"]:
            assert answer is not None
            values["NUMBER"] = answer.json["number"]
            values["TASK"] = receiver.task_of(values["NUMBER"])
            values["INSTANCE"] = str(site.rows("select instance_id from matter")[0].instance_id)
    assert done == 12


def test_the_guide_knows_every_problem() -> None:
    table = GUIDE.partition("## When it does not work")[2]
    named = set(re.findall(r"`([a-z-]+)`", table))
    assert {code for code in KINDS if code != "method"} <= named


def test_the_readme_leads_to_the_guide() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert "docs/api.md" in (REPOSITORY / name).read_text(encoding="utf-8")


@pytest.fixture
def command_line(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> CliRunner:
    address = site.app.config["SQLALCHEMY_DATABASE_URI"]
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    return CliRunner()


def test_a_token_is_made_on_the_command_line(site: Site, callers: Callers, command_line: CliRunner) -> None:
    made = command_line.invoke(token, ["create", "handler", "--name", "nightly export", "--days", "7"])
    assert made.exit_code == 0, made.output
    caller = Caller(site.app.test_client(), callers.document, made.stdout.strip())
    assert caller.get("/me").json["token"] == {
        **caller.get("/me").json["token"],
        "name": "nightly export",
        "scope": "read",
    }
    listed = command_line.invoke(token, ["list", "handler"]).stdout
    assert "nightly export" in listed
    assert made.stdout.strip() not in listed
    assert site.rows("select actor from api_token_event")[0].actor == "system"
    nobody = command_line.invoke(token, ["create", "nobody", "--name", "x"])
    assert (nobody.exit_code, "no officer" in nobody.output) == (1, True)
    nameless = command_line.invoke(token, ["create", "handler", "--name", " "])
    assert nameless.exit_code == 1
    assert "用途" in nameless.output
