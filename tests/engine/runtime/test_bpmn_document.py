"""docs/bpmn.md says of every element whether it is accepted, and names a test that exists."""

import re

import pytest
from SpiffWorkflow.bpmn.parser.util import full_tag

from engine.runtime.checker.elements import ALLOWED_EVENTS, NODES
from engine.runtime.parser import DialectParser
from tests.conftest import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "bpmn.md"
ROW = re.compile(r"^\| `(\w+)`([^|]*) \| (accepted|refused) \| ([^|]*) \| ([^|]*) \| \[test\]\(([^)]+)\) \|$")
REFUSED_EVENTS = {
    "startEvent": {"conditional"},
    "intermediateCatchEvent": {"conditional", "link"},
    "intermediateThrowEvent": {"link", "compensate"},
    "boundaryEvent": {"conditional", "compensate", "cancel"},
    "endEvent": {"compensate", "cancel"},
}


def rows() -> list[tuple[str, str, str, str, str, str]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    written = [line for line in lines if line.startswith("| `")]
    found = [match for line in written if (match := ROW.match(line))]
    assert len(found) == len(written), "a row of the document is not of the form the others have"
    return [
        (tag, more.strip(), here, does, unlike, link) for tag, more, here, does, unlike, link in map(_groups, found)
    ]


def _groups(match: re.Match[str]) -> tuple[str, str, str, str, str, str]:
    tag, more, here, does, unlike, link = match.groups()
    return tag, more, here, does, unlike, link


def verdicts() -> dict[tuple[str, str], str]:
    return {(tag, more): here for tag, more, here, *_ in rows()}


def test_there_is_one_row_for_each_and_each_says_what_it_does() -> None:
    assert len(verdicts()) == len(rows())
    for tag, more, here, does, unlike, _ in rows():
        assert unlike.strip(), (tag, more)
        assert (does.strip() == "–") == (here == "refused"), (tag, more)


@pytest.mark.parametrize("link", sorted({link for *_, link in rows()}))
def test_each_linked_test_exists(link: str) -> None:
    path = (DOCUMENT.parent / link).resolve()
    assert path.is_relative_to(REPOSITORY / "tests")
    assert "\ndef test_" in path.read_text(encoding="utf-8")


def test_what_the_parser_reads_is_accepted_and_what_the_checker_refuses_is_refused() -> None:
    known = verdicts()
    for tag in DialectParser.PARSER_CLASSES:
        name = tag.removeprefix(full_tag(""))
        kinds = ALLOWED_EVENTS.get(name, frozenset({""}))
        for kind in kinds:
            assert known.get((name, kind)) == "accepted", (name, kind)
    for name in NODES:
        assert known.get((name, "")) == "refused", name
    accepted = {tag for (tag, _), here in known.items() if here == "accepted"}
    read = {tag.removeprefix(full_tag("")) for tag in DialectParser.PARSER_CLASSES}
    assert accepted - read == {"multiInstanceLoopCharacteristics", "sequenceFlow"}


def test_every_event_is_said_to_be_what_the_checker_says() -> None:
    known = verdicts()
    for event, kinds in REFUSED_EVENTS.items():
        assert kinds.isdisjoint(ALLOWED_EVENTS[event])
        for kind in kinds:
            assert known.get((event, kind)) == "refused", (event, kind)
    said = {(tag, more) for (tag, more), here in known.items() if here == "accepted" and tag in ALLOWED_EVENTS}
    assert said == {(event, kind) for event, kinds in ALLOWED_EVENTS.items() for kind in kinds}


def test_it_begins_with_what_is_different() -> None:
    headings = re.findall(r"^## (.*)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[:2] == ["What is different", "Every element"]
