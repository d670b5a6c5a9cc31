"""The process in which strangers' files are checked, bounded in memory and processor time.

It is asked over its standard input.

A request and an answer are each eight bytes of length and so many bytes of JSON (see `wire`). The process ends when its
input ends, when nobody asked for a while, or when it has used up its memory.
"""

import io
import os
import resource
import select
from typing import Any, Final

from engine.runtime.checker import check_and_try
from engine.runtime.checker.wire import pack_answer, unpack_request

MEMORY: Final = 1024 * 1024 * 1024  # bytes of address space
PROCESSOR: Final = 25  # seconds for one request
IDLE: Final = 120  # seconds without a request after which the process ends
LENGTH: Final = 8


def main() -> None:
    """Answer requests until there are none."""
    source, target = io.FileIO(0, closefd=False), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not end up among the answers
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while select.select([source], [], [], IDLE)[0]:
        head = _read(source, LENGTH)
        if len(head) < LENGTH:
            return
        _bound_time()
        files, known = unpack_request(_read(source, int.from_bytes(head, "big")))
        problems = check_and_try(files, known)
        answer = pack_answer(problems)
        target.write(len(answer).to_bytes(LENGTH, "big") + answer)
        target.flush()
        if any(problem.code == "checker-limit" for problem in problems):
            return  # what is left of the memory is in pieces


def _bound_time() -> None:
    """Let the system end the process when this request takes too long; the count is of the process' whole life."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _read(source: Any, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        piece = source.read(count - len(content))
        if not piece:
            break
        content += piece
    return bytes(content)


if __name__ == "__main__":
    main()
