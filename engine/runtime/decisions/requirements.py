"""The order decisions are taken in: each after those it requires. Circles are refused."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

MAX_BELOW: Final = 100  # decisions below one; a table a person can follow has few


def circles(requires: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the circles among decisions, one for each decision that closes one: its ids in order, the first again."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in requires:
        way: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            key, leaving = stack.pop()
            if leaving:
                way.pop()
                done.add(key)
            elif key in way:
                found.append([*way[way.index(key) :], key])
            elif key not in done:
                way.append(key)
                stack.append((key, True))
                stack += [(below, False) for below in reversed(requires.get(key, ()))]
    return found


def order_below(key: str, requires: Mapping[str, Sequence[str]]) -> list[str]:
    """Return all decisions below one, each after those it requires; at most one more than allowed. No circles."""
    order: dict[str, None] = {}
    stack: list[tuple[str, bool]] = [(key, False)]
    entered: set[str] = set()
    while stack:
        each, leaving = stack.pop()
        if leaving:
            order[each] = None
        elif each not in entered:
            entered.add(each)
            if len(entered) > MAX_BELOW + 2:
                break
            stack.append((each, True))
            stack += [(below, False) for below in reversed(requires.get(each, ()))]
    else:
        order.pop(key, None)
        return list(order)
    return list(entered - {key})


def taken_in_order(requires: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Yield every decision after those it requires. No circles."""
    yielded: set[str] = set()
    for key in requires:
        stack: list[tuple[str, bool]] = [(key, False)]
        while stack:
            each, leaving = stack.pop()
            if each in yielded:
                continue
            if leaving:
                yielded.add(each)
                yield each
            else:
                stack.append((each, True))
                stack += [(below, False) for below in requires.get(each, ()) if below not in yielded]
