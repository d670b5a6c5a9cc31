"""When a service task that failed is tried again: ``R3/PT5M``, or each time before an attempt, ``PT1M,PT10M,PT1H``."""

from dataclasses import dataclass
from typing import Final

from engine.runtime.durations import Duration, parse_duration, parse_repeat
from engine.runtime.tokens import Token

MAX_RETRIES: Final = 100


@dataclass(frozen=True, slots=True)
class RetryCycle:
    """When a service task that failed is tried again, as ``camunda:failedJobRetryTimeCycle`` says.

    It stands at its element as the definition of a timer does, so that what waits for it is a timer to all others.

    Attributes:
        expression: the text of the diagram.
        name: what to call it.
        delays: the time before each further attempt.

    """

    expression: str
    name: str
    delays: tuple[Duration, ...]
    kind: str = "retry"

    def arrived(self, token: Token) -> None:
        """Do nothing: time brings no data."""


def parse_cycle(text: str, name: str = "") -> RetryCycle:
    """Read ``R3/PT5M`` (three further attempts) or ``PT1M,PT10M,PT1H``.

    Raises ValueError with a Chinese sentence when it is neither, or more than 100 attempts.
    """
    if text.strip().upper().startswith("R"):
        repeat = parse_repeat(text)
        if repeat.count is None or repeat.first or repeat.count > MAX_RETRIES:
            raise ValueError(f"“{text}”不是重试的间隔（例如 R3/PT5M，最多 {MAX_RETRIES} 次）")
        return RetryCycle(text, name, (parse_duration(repeat.period),) * repeat.count)
    parts = [part for part in text.split(",") if part.strip()]
    if not parts or len(parts) > MAX_RETRIES:
        raise ValueError(f"“{text}”不是重试的间隔（例如 PT1M,PT10M,PT1H，最多 {MAX_RETRIES} 次）")
    return RetryCycle(text, name, tuple(parse_duration(part) for part in parts))


DEFAULT: Final = parse_cycle("R3/PT1M")
