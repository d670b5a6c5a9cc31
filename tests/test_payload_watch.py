"""The watch of the payload tests sees what it is there to see."""

import contextlib
import os
import subprocess

import pytest

from tests.payloads import CANARY, PAYLOADS, leaks, watched


def test_there_are_many_different_payloads() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 120


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("compile", "compile('1', 'x', 'eval')"),
        ("exec", "eval(code)"),
        ("open", "open('/etc/hostname').close()"),
        ("import", "__import__('this_module_is_not_there')"),
        ("os.system", "os.system('true')"),
        ("subprocess.Popen", "subprocess.run(['true'])"),
    ],
)
def test_the_watch_sees(event: str, code: str) -> None:
    known = {"os": os, "subprocess": subprocess, "code": compile("1", "x", "eval")}
    with watched() as seen, contextlib.suppress(ImportError):
        eval(code, known)  # noqa: S307 - what the watch must see
    assert event in {name for name, _ in seen}


def test_nothing_is_seen_when_nothing_happens() -> None:
    with watched() as seen:
        assert sorted([3, 1, 2]) == [1, 2, 3]
    assert seen == []


def test_leaks_are_found() -> None:
    assert leaks("plain", 1, {"a": "民意"}) == []
    assert leaks(f"x{CANARY}") == [CANARY]
    assert leaks([object()]) == [" object at 0x"]
