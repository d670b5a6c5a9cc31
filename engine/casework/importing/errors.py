"""Why a file cannot be imported at all; what is wrong with single rows is kept with the rows."""

from engine.runtime.errors import RuntimeFailure


class FileRefused(RuntimeFailure):
    """The file cannot be read; the sentence says in Chinese what to do."""
