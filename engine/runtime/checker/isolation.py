"""Checks files in a process of their own, so that no file can take the memory or the time of whoever serves pages.

One process is kept warm: the first check takes as long as it takes to start (about a second), those after it a few
hundredths. It is started anew when it has ended, and ends by itself when nobody asks (see `worker`).
"""

import atexit
import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from typing import Final

from engine.runtime.checker.known import Known
from engine.runtime.checker.report import Report
from engine.runtime.checker.wire import pack_request, unpack_answer
from engine.runtime.checker.worker import LENGTH
from engine.runtime.problems import Problem

SECONDS: Final = 30.0  # for one request, waiting included
MOST_BYTES: Final = 32 * 1024 * 1024
REMEMBERED: Final = 16
# The process needs nothing else of the environment, least of all passwords.
_PASSED: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "TZ", "HOME")
_ROOT: Final = Path(__file__).resolve().parents[3]
_TIME: Final = ("时间", "time")
_PROCESS: Final = ("检查程序中断", "the checking process ended")


class Isolated:
    """The warm process, and what it answered lately. Safe to share between threads; one request at a time."""

    def __init__(self, seconds: float = SECONDS, module: str = "engine.runtime.checker.worker") -> None:
        self.seconds = seconds
        self.module = module
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._answers: OrderedDict[bytes, list[Problem]] = OrderedDict()

    def check(self, files: Mapping[str, bytes], known: Known) -> list[Problem]:
        """Return all problems of the files, as `check_and_try` does; a limit that was hit is one of them."""
        if sum(map(len, files.values())) > MOST_BYTES:
            size = f"{MOST_BYTES // 1024 // 1024} MB"
            return _limit(files, (f"全部文件不能超过 {size}", f"all files together are larger than {size}"))
        try:
            request = pack_request(files, known)
        except Exception as error:  # noqa: BLE001 - a checker never raises
            return _limit(files, (f"{type(error).__name__}", f"{type(error).__name__}"))
        key = sha256(request).digest()
        ends = monotonic() + self.seconds
        if not self._lock.acquire(timeout=self.seconds):
            return _limit(files, _TIME)
        try:
            if key in self._answers:
                self._answers.move_to_end(key)
                return list(self._answers[key])
            content, why = self._ask(request, ends)
            if content is None:
                return _limit(files, why)
            answer = unpack_answer(content)
            self._answers[key] = answer
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
            return list(answer)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written is not wanted any more
                    pipe.close()

    def _ask(self, request: bytes, ends: float, *, again: bool = False) -> tuple[bytes | None, tuple[str, str]]:
        """Send a request and return the answer; None and the reason when the process did not live to give it.

        ``ends`` is when it has to be there, on the monotonic clock in seconds.
        """
        process = self._running()
        late: list[bool] = []

        def stop() -> None:
            late.append(True)
            process.kill()

        watch = Timer(max(0.0, ends - monotonic()), stop)
        watch.daemon = True
        watch.start()
        try:
            answer = _exchange(process, request)
        finally:
            watch.cancel()
        if answer is None:
            idle = not late and process.wait() == 0 and not again
            self.close()
            if idle:  # it ended, as it does when nobody asks, just before this request came
                return self._ask(request, ends, again=True)
        return answer, _TIME if late else _PROCESS

    def _running(self) -> "subprocess.Popen[bytes]":
        """Return the process, a new one when there is none, it has ended, or it belongs to the parent of a fork."""
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner == os.getpid():
            self.close()
        self._process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED if name in os.environ},
        )
        self._owner = os.getpid()
        return self._process


def _exchange(process: "subprocess.Popen[bytes]", request: bytes) -> bytes | None:
    assert process.stdin is not None  # noqa: S101 - both were asked for
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(len(request).to_bytes(LENGTH, "big") + request)
        process.stdin.flush()
        head = process.stdout.read(LENGTH)
        length = int.from_bytes(head, "big")
        answer = process.stdout.read(length) if len(head) == LENGTH else b""
    except OSError:
        return None
    return answer if len(head) == LENGTH and len(answer) == length else None


def _limit(files: Mapping[str, bytes], what: tuple[str, str]) -> list[Problem]:
    report = Report()
    name = next((path for path in sorted(files) if path.endswith(".bpmn")), next(iter(sorted(files)), ""))
    report.add("checker-limit", name, what=what[0], what_en=what[1])
    return report.problems()


_shared: Final = Isolated()
atexit.register(_shared.close)


def check_isolated(files: Mapping[str, bytes], known: Known) -> list[Problem]:
    """Check files in the process that all of this program share. Never raises."""
    return _shared.check(files, known)
