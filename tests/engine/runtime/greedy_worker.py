"""The checker's process with a rule that takes all the memory there is, as a file that was made for it might."""

from engine.runtime import checker
from engine.runtime.checker import worker
from engine.runtime.checker.context import Context


def take_everything(_context: Context) -> None:
    """Take twice what the process may have."""
    taken = bytearray(2 * worker.MEMORY)
    assert taken


if __name__ == "__main__":
    checker.RULES = (take_everything,)  # type: ignore[misc]
    worker.main()
