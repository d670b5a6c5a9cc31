"""Starts a process of the product that kills itself at a named point: ``-m tests.faults.dying FUSE -m MODULE …``.

The product knows nothing of it. Each point is a function of the product, wrapped here before the product's own
entry begins; the process dies there by SIGKILL when the file FUSE holds the point's name, and the file is gone then.
Without a fuse the process runs as it always does.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from procrastinate.manager import JobManager

from engine.casework import outbox
from engine.runtime import Runtime, store, wire
from webapp import delivery

COMMAND = ("locked", "flush", "written", "in_flight", "committed")
"""Points of a command: it holds the lock; it is about to write; it has written; write and commit are on their way to
the server; they are done."""

FIRING = ("claimed", *COMMAND[1:])
"""The same where a timer fires."""

DELIVERING = ("taken", "send", "sent", "marked", "noted", "brought", "acknowledge", "acknowledged")
"""Points of a delivery: the row is locked; about to be sent; was sent; is marked as sent; that is committed; the
process has the result; the job is about to be acknowledged; it was."""

Function = Callable[..., Any]


class Fuse:
    """The file that names the point at which this process dies."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def reached(self, point: str) -> None:
        """Die if the fuse names this point; of two that come to it at once one dies."""
        try:
            if self.file.read_text() != point:
                return
            self.file.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    def before(self, point: str, function: Function) -> Function:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reached(point)
            return function(*args, **kwargs)

        return wrapped

    def after(self, point: str, function: Function) -> Function:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            self.reached(point)
            return result

        return wrapped

    def uncommitted(self, point: str, function: Function) -> Function:
        """Leave out the commit that goes with a write, where the process dies after the write."""

        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("commit") and self.file.exists() and self.file.read_text() == point:
                function(*args, **kwargs | {"commit": False})
                self.reached(point)
            return function(*args, **kwargs)

        return wrapped

    def unanswered(self, point: str, function: Function) -> Function:
        """Hand everything to the network, and do not wait for the answer."""

        @wraps(function)
        def wrapped(below: Any, *args: Any, **kwargs: Any) -> Any:
            while below.flush():
                pass
            self.reached(point)
            return function(below, *args, **kwargs)

        return wrapped

    def acknowledging(self, function: Function) -> Function:
        @wraps(function)
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reached("acknowledge")
            result = await function(*args, **kwargs)
            self.reached("acknowledged")
            return result

        return wrapped


def wire_up(fuse: Fuse) -> None:
    """Put the fuse at every point; a point that the product no longer has is an error."""
    points: list[tuple[Any, str, Callable[[Function], Function]]] = [
        (store, "lock_item", lambda it: fuse.after("locked", it)),
        (store, "claim_due", lambda it: fuse.after("claimed", it)),
        (store, "write", lambda it: fuse.before("flush", fuse.uncommitted("written", fuse.after("committed", it)))),
        (wire, "_results", lambda it: fuse.unanswered("in_flight", it)),
        (outbox, "take", lambda it: fuse.after("taken", it)),
        (delivery, "send", lambda it: fuse.before("send", fuse.after("sent", it))),
        (outbox, "mark_sent", lambda it: fuse.after("marked", it)),
        (Runtime, "finish_effect", lambda it: fuse.before("noted", fuse.after("brought", it))),
        (JobManager, "finish_job_by_id_async", fuse.acknowledging),
    ]
    for owner, name, wrap in points:
        setattr(owner, name, wrap(getattr(owner, name)))


if __name__ == "__main__":
    wire_up(Fuse(Path(sys.argv[1])))
    module = sys.argv[3]
    sys.argv = [module, *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
