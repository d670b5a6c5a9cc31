"""Files that were handed in with a step become attachments of the matter in the transaction that finishes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.casework.attachments import Stored, attach
from engine.casework.case import case_of
from engine.runtime import Item, Outcome, Runtime, Transaction
from engine.runtime.completing import Prepare
from webapp.step_host import KeptUploads


def kept_files(answers: Mapping[str, Any], uploads: KeptUploads) -> tuple[dict[str, Any], list[Stored]]:
    """Return the answers with each upload's token replaced by its hash, and the files themselves.

    Tokens are secrets of one officer; what goes into history is the file's SHA-256.
    """
    files: list[Stored] = []

    def settled(value: Any) -> Any:
        if isinstance(value, Mapping):
            if value.keys() == {"token", "filename", "size"}:
                stored = uploads.stored(str(value["token"]))
                if stored is not None:
                    files.append(stored)
                    return {"hash": stored.hash, "filename": stored.filename, "size": stored.size}
            return {key: settled(inner) for key, inner in value.items()}
        return [settled(inner) for inner in value] if isinstance(value, list) else value

    return {key: settled(value) for key, value in answers.items()}, files


class _KeepingFiles:
    """The runtime, with one thing more done in the transaction that completes a task."""

    def __init__(self, runtime: Runtime, files: Sequence[Stored]) -> None:
        self._runtime = runtime
        self._files = files

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    def complete(
        self, task_id: str, answers: Mapping[str, Any], *, actor: str, key: str | None, prepare: Prepare
    ) -> Outcome:
        def with_files(transaction: Transaction, item: Item) -> Mapping[str, Any] | None:
            variables = prepare(transaction, item)
            case = case_of(transaction)
            attach(transaction.connection, case.id, self._files, actor=actor, step=item.step)
            return variables

        return self._runtime.complete(task_id, answers, actor=actor, key=key, prepare=with_files)


def keeping_files(runtime: Runtime, files: Sequence[Stored]) -> Any:
    """Return the runtime so that completing a task also attaches the files to its matter."""
    return _KeepingFiles(runtime, files) if files else runtime
