"""Diagrams that others drew, read from beside the repository: nothing makes the checker fail, the bad are found."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.checker import Known, check
from tests.engine.runtime.checker_diagrams import GOOD, KNOWN, bpmn, dmn

FOLDERS = ("bpmnspector", "operaton", "miwg", "trainees")


@pytest.fixture
def suites(shared: Path) -> Path:
    folder = shared / "suites"
    if not folder.is_dir():
        pytest.skip("the suites of diagrams are not among the shared material")
    return folder


def files_of(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.parametrize("name", FOLDERS)
def test_no_rule_fails_on_any_file(suites: Path, name: str) -> None:
    checked = 0
    for file in files_of(suites / name):
        for path in (f"processes/{file.stem}.bpmn", f"processes/{file.stem}.dmn"):
            found = check({path: file.read_bytes()}, KNOWN)
            assert "checker-failed" not in {problem.code for problem in found}, file.name
        checked += 1
    assert checked


def test_all_files_of_a_suite_together_are_one_deployment(suites: Path) -> None:
    files = {f"processes/{file.name}": file.read_bytes() for file in list(files_of(suites / "operaton"))[:60]}
    assert "checker-failed" not in {problem.code for problem in check(files, KNOWN)}


def test_files_that_break_the_standard_are_refused(suites: Path) -> None:
    bad = [file for file in files_of(suites / "bpmnspector") if "fail" in file.name.lower()]
    refused = [
        file
        for file in bad
        if any(problem.severity == "error" for problem in check({f"processes/{file.name}": file.read_bytes()}, Known()))
    ]
    assert len(refused) >= 0.94 * len(bad), sorted({file.name for file in bad} - {file.name for file in refused})


def test_mutated_files_never_make_it_fail() -> None:
    seed = random.randrange(2**32)  # noqa: S311 - chance for a test, not for a secret
    chance = random.Random(seed)  # noqa: S311 - the same
    print(f"seed {seed}")
    for original, ending in ((bpmn(GOOD), "bpmn"), (dmn(), "dmn")):
        for _ in range(150):
            content = bytearray(original)
            for _ in range(chance.randint(1, 6)):
                at = chance.randrange(len(content))
                action = chance.randrange(3)
                if action == 0:
                    content[at] = chance.randrange(256)
                elif action == 1:
                    del content[at : at + chance.randint(1, 40)]
                else:
                    piece = content[at : at + chance.randint(1, 60)]
                    place = chance.randrange(len(content) or 1)
                    content[place:place] = piece
            found = check({f"processes/p.{ending}": bytes(content)}, KNOWN)
            assert "checker-failed" not in {problem.code for problem in found}, (seed, bytes(content))
