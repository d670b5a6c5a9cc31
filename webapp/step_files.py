"""Files that were handed in with a step: the sealed tokens of a form become what casework attaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.casework.attachments import Stored
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
