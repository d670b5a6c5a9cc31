"""What goes wrong with a decision: while its file is read, or while it is taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a DMN file: where, and what in Chinese and English.

    `code` is a stable word such as `decision-cell`; `line` counts from 1, 0 if the whole file is meant.
    """

    element_id: str
    element_name: str
    line: int
    code: str
    message: str
    english: str


class DecisionError(ValueError):
    """A decision that cannot be read or taken. `str(error)` is Chinese, `english` the same in English.

    Attributes:
        faults: when a file could not be read, everything that is wrong in it; else empty.

    """

    def __init__(self, message: str, english: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.english = english
        self.faults = faults
