"""Diagrams that others drew, read from beside the repository: nothing makes the checker fail, the bad are found."""

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from engine.runtime.checker import Known, check, check_and_try
from engine.runtime.problems import Problem
from tests.batteries import FULL
from tests.conftest import REPOSITORY
from tests.engine.runtime.checker_cases import CASES
from tests.engine.runtime.checker_diagrams import GOOD, KNOWN, bpmn, dmn
from tests.engine.runtime.wrong_elements import wrong_element

FOLDERS = ("bpmnspector", "operaton", "miwg", "trainees")
MUTATIONS: Final = 5_000 if FULL else 300

# Why a file that keeps the standard may be refused all the same: it uses what the dialect refuses by name, is not drawn
# to be carried out, or names no form, service, message or variable of ours. Whatever else it is refused for is wrong.
RIGHT_REASONS: Final = frozenset(
    {
        "unsupported",
        "not-executable",
        "several-processes",
        "no-process",
        "import",
        "no-start",
        "no-end",
        "several-starts",
        "dead-end",
        "implicit-split",
        "condition-ignored",
        "no-condition",
        "no-default",
        "no-message",
        "no-signal",
        "error-without-code",
        "error-not-caught",
        "escalation-without-code",
        "no-service",
        "unknown-service",
        "unknown-form",
        "no-role",
        "unknown-role",
        "no-decision",
        "unknown-process",
        "no-collection",
        "cardinality",
        "timer",
        "timer-empty",
        "expression",
        "unset-variable",
        "sometimes-unset",
    }
)

# Marked bad, but somebody has mended them: in the first two a plain end event stands where the wrong one was, in the
# third the process is no longer to be carried out.
MENDED: Final = {
    "fail_cancel_end_event_manualFix.bpmn",
    "fail_sub_process_manualFix.bpmn",
    "EXT128_failure_endEvent_manualFix.bpmn",
}


@pytest.fixture(scope="module")
def suites(shared: Path) -> Path:
    folder = shared / "suites"
    if not folder.is_dir():
        pytest.skip("the suites of diagrams are not among the shared material")
    return folder


def files_of(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def failures(problems: list[Problem]) -> list[str]:
    return [problem.message_en for problem in problems if problem.code in ("checker-failed", "checker-limit")]


@pytest.mark.parametrize("name", FOLDERS)
def test_no_rule_and_no_trial_fails_on_any_file(suites: Path, name: str) -> None:
    checked = 0
    for file in files_of(suites / name):
        for path in (f"processes/{file.stem}.bpmn", f"processes/{file.stem}.dmn"):
            assert failures(check_and_try({path: file.read_bytes()}, KNOWN)) == [], file.name
        checked += 1
    assert checked


def test_all_files_of_a_suite_together_are_one_deployment(suites: Path) -> None:
    files = {f"processes/{file.name}": file.read_bytes() for file in list(files_of(suites / "operaton"))[:60]}
    assert failures(check(files, KNOWN)) == []


def test_files_that_break_the_standard_are_refused_at_the_right_element(suites: Path) -> None:
    bad = [file for file in files_of(suites / "bpmnspector") if "fail" in file.name.lower()]
    refused = [file for file in bad if is_refused_rightly(file)]
    assert {file.name for file in bad} - {file.name for file in refused} == MENDED


def is_refused_rightly(file: Path) -> bool:
    problems = check({f"processes/{file.name}": file.read_bytes()}, Known())
    wrong = wrong_element(file.parent.name, file.name)
    return wrong in {problem.element_id for problem in problems if problem.severity == "error"}


def test_files_that_keep_the_standard_are_refused_for_right_reasons_only(suites: Path) -> None:
    good = [file for file in files_of(suites / "bpmnspector") if "success" in file.name.lower()]
    assert good
    for file in good:
        problems = check({f"processes/{file.name}": file.read_bytes()}, Known())
        errors = {problem.code for problem in problems if problem.severity == "error"}
        assert errors <= RIGHT_REASONS, (file.name, errors - RIGHT_REASONS)


def test_each_right_reason_is_one_the_checker_knows() -> None:
    assert {case.code for case in CASES} >= RIGHT_REASONS


def originals(suites: Path | None) -> list[tuple[str, bytes]]:
    """Our own processes and tables, small ones of the tests, and a few of every suite."""
    found = [("p.bpmn", bpmn(GOOD)), ("d.dmn", dmn())]
    found += [(file.name, file.read_bytes()) for file in sorted((REPOSITORY / "processes").iterdir())]
    for case in CASES[:: 1 if FULL else 7]:
        files = {"p.bpmn": case.good} if isinstance(case.good, bytes) else case.good
        found += [(path.rpartition("/")[2], content) for path, content in files.items()]
    for name in FOLDERS if suites is not None else ():
        found += [
            (f"{file.stem}.bpmn", file.read_bytes()) for file in list(files_of(suites / name))[:: 2 if FULL else 40]
        ]
    return [(name, content) for name, content in found if name.endswith((".bpmn", ".dmn")) and len(content) < 200_000]


def test_mutated_files_never_make_it_fail(suites: Path) -> None:
    seed = random.randrange(2**32)  # noqa: S311 - chance for a test, not for a secret
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311 - the same
    sources = originals(suites)
    for number in range(MUTATIONS):
        name, content = sources[chance.randrange(len(sources))]
        mutated = mutated_bytes(chance, content) if number % 2 else mutated_tree(chance, content)
        problems = check_and_try({f"processes/{name}": mutated}, KNOWN)
        assert failures(problems) == [], (seed, number, name)


def mutated_bytes(chance: random.Random, original: bytes) -> bytes:
    content = bytearray(original)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(content) or 1)
        action = chance.randrange(3)
        if action == 0 and content:
            content[at] = chance.randrange(256)
        elif action == 1:
            del content[at : at + chance.randint(1, 40)]
        else:
            place = chance.randrange(len(content) or 1)
            content[place:place] = content[at : at + chance.randint(1, 60)]
    return bytes(content)


def mutated_tree(chance: random.Random, original: bytes) -> bytes:
    try:
        root = etree.fromstring(original)
    except etree.XMLSyntaxError:
        return mutated_bytes(chance, original)
    for _ in range(chance.randint(1, 6)):
        elements = [each for each in root.iter() if isinstance(each.tag, str) and each is not root]
        if not elements:
            break
        _mutate(chance, elements, elements[chance.randrange(len(elements))])
    return etree.tostring(root)


def _mutate(chance: random.Random, elements: list[Any], element: Any) -> None:
    other = elements[chance.randrange(len(elements))]
    parent = element.getparent()
    action = chance.randrange(8)
    if action == 0:
        parent.remove(element)
    elif action == 1:
        parent.append(deepcopy(element))
    elif action == 2:
        element.tag = other.tag
    elif action == 3 and other not in set(element.iter()) and element not in set(other.iter()):
        other.append(element)
    elif action == 4 and element.attrib:
        del element.attrib[chance.choice(list(element.attrib))]
    elif action == 5 and element.attrib:
        values = [value for each in elements for value in each.attrib.values()]
        element.attrib[chance.choice(list(element.attrib))] = chance.choice(values)
    elif action == 6:
        key = chance.choice(
            ["id", "default", "sourceRef", "attachedToRef", "messageRef", "calledElement", "isExecutable"]
        )
        element.set(key, chance.choice(["", "a", "p", "${a.b}", "-1", "\u200b", "x" * 300, "true"]))
    else:
        element.text = chance.choice(["", "${", "R/PT1S", "P1D", "999999999999", "${a.b.c}", "-", "\u0000"[:0]])
