"""What a process reads from some place on before anything on the way there has set it.

Every way is taken as possible. What an instance has in its data counts beside what is set on the way, so an instance
that lacks one of these may stop ahead.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engine.runtime.expressions import ExpressionError, is_expression, parse
from engine.runtime.migrating.elements import CONTAINER, GATEWAYS, Element, Place

LOOP: Final = frozenset({"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"})
_NOTHING: Final = frozenset[str]()
Reading = tuple[str, Place]
"""A dotted path, and the element that reads it."""
_Ways = dict[Place, list[tuple[Place, frozenset[str]]]]


class Ahead:
    """Answers, for sets of places in a deployment, what is read from there on; each set is worked out once.

    Args:
        drawn: everything drawn in a process and those it calls.

    """

    def __init__(self, drawn: Mapping[Place, Element]) -> None:
        self._drawn = drawn
        self._inside: dict[Place, list[Element]] = {}
        self._attached: dict[Place, list[Place]] = {}
        self._loops = LOOP | {
            name for element in drawn.values() if (name := element.facts.get("element_variable")) is not None
        }
        for element in drawn.values():
            self._inside.setdefault((element.process_key, element.scope), []).append(element)
            if element.boundary:
                on = (element.process_key, element.facts.get("attached", ""))
                self._attached.setdefault(on, []).append(element.place)
        self._known: dict[tuple[frozenset[Place], frozenset[Place]], frozenset[Reading]] = {}

    def readings(self, places: frozenset[Place], busy: frozenset[Place] = frozenset()) -> frozenset[Reading]:
        """Return what is read from ``places`` on and not set on every way there.

        ``busy`` are those among them whose inside is at work: that is looked at with its own places.
        """
        if (places, busy) not in self._known:
            self._known[places, busy] = frozenset(self._found(places, busy))
        return self._known[places, busy]

    def _found(self, places: frozenset[Place], busy: frozenset[Place]) -> Iterator[Reading]:
        for place, state in self._certain(places, self._ways(places, busy)).items():
            element = self._drawn[place]
            begun = place in places and element.kind not in GATEWAYS
            if not begun:
                yield from self._read(element, state)

    def _ways(self, places: frozenset[Place], busy: frozenset[Place]) -> _Ways:
        """Return every place that can be reached, with where one comes from and what is set on that stretch."""
        found: _Ways = {place: [] for place in places if place in self._drawn}
        ahead = list(found)
        while ahead:
            place = ahead.pop()
            for target, adds in self._onwards(self._drawn[place], inside=place not in busy):
                if target not in self._drawn:
                    continue
                if target not in found:
                    found[target] = []
                    ahead.append(target)
                found[target].append((place, adds))
        return found

    def _certain(self, places: frozenset[Place], ways: _Ways) -> dict[Place, frozenset[str]]:
        """Return what was certainly set when each place is reached; a parallel join has waited for all its flows."""
        state: dict[Place, frozenset[str]] = {}
        moving = True
        while moving:
            moving = False
            for place, origins in ways.items():
                brought = [state[origin] | adds for origin, adds in origins if origin in state]
                if place in places:
                    brought.append(_NOTHING)
                joins = self._drawn[place].kind == "parallelGateway"
                if not brought or (joins and place not in places and len(brought) < len(origins)):
                    continue
                now = _NOTHING.union(*brought) if joins else brought[0].intersection(*brought)
                if state.get(place) != now:
                    state[place] = now
                    moving = True
        return state

    def _onwards(self, element: Element, *, inside: bool) -> Iterator[tuple[Place, frozenset[str]]]:
        within = _within(element)
        if inside and within is not None:
            for each in self._inside.get(within, ()):
                if each.kind.startswith("startEvent"):
                    yield each.place, _NOTHING
        for place in self._attached.get(element.place, ()):
            yield place, _NOTHING
        written = self._written(element, set())
        for target in element.outgoing:
            yield (element.process_key, target), written

    def _written(self, element: Element, seen: set[Place]) -> frozenset[str]:
        """Return what an element sets; an activity with an inside, all that is set in it."""
        own = frozenset({element.writes}) if element.writes else _NOTHING
        within = _within(element)
        if within is None or within in seen:
            return own
        seen.add(within)
        return own.union(*(self._written(each, seen) for each in self._inside.get(within, ())))

    def _read(self, element: Element, state: frozenset[str]) -> Iterator[Reading]:
        for path in element.needs.union(*(_required(text) for text in element.reads)):
            root = path.partition(".")[0]
            if root not in state and root not in self._loops:
                yield path, element.place


def _within(element: Element) -> Place | None:
    """Return whose elements are inside an activity; None when it has no inside that can be seen from here."""
    if element.kind == CONTAINER:
        return (element.process_key, element.id)
    # What a called process is handed by a mapping of its own is not followed.
    if "called" in element.facts and "handed" not in element.facts:
        return (element.facts["called"], element.facts["called"])
    return None


def _required(text: str) -> frozenset[str]:
    try:
        return parse(text).required if is_expression(text) else _NOTHING
    except ExpressionError:
        return _NOTHING


def lacking(readings: Iterable[Reading], data: Mapping[str, Any]) -> list[Reading]:
    """Return those readings that find nothing in an instance's data, sorted."""
    return sorted(reading for reading in readings if not _there(reading[0], data))


def _there(path: str, data: Any) -> bool:
    for name in path.split("."):
        if not isinstance(data, Mapping) or name not in data:
            return False
        data = data[name]
    return True
