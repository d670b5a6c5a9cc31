"""Find the local station whose places a matter names."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.matching import Span, WordIndex, fold
from rules.routing_rules import Unit

# What the channel gave as the place says most; the title is next.
FIELD_WEIGHT = {"place": 4.0, "title": 3.0, "body": 1.0}


@dataclass(frozen=True)
class PlaceFound:
    """A station (its code) named by a place: the place, the field (`place`, `title`, `body`) and the positions."""

    unit: str
    place: str
    field: str
    spans: tuple[Span, ...]


class PlaceFinder:
    """The places that stations serve, compiled for looking up; longer names win over those inside them."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._stations: dict[str, list[str]] = {}
        for unit in units:
            if unit.station:
                for place in (*unit.places, *unit.names):
                    self._stations.setdefault(fold(place), []).append(unit.code)
        self._index = WordIndex(self._stations)

    def find(self, title: str, body: str, place: str = "") -> list[PlaceFound]:
        """Return every place found that belongs to one station alone."""
        found = []
        for field, text in (("place", place), ("title", title), ("body", body)):
            for word, spans in self._longest(fold(text)).items():
                stations = self._stations[word]
                if len(stations) == 1:
                    found.append(PlaceFound(stations[0], word, field, tuple(spans)))
        return found

    def stations(self, found: Sequence[PlaceFound]) -> list[str]:
        """Return the stations by weight of what names them, the heaviest first."""
        weights: dict[str, float] = {}
        for place in found:
            weight = FIELD_WEIGHT[place.field] * (1 + 0.1 * (min(len(place.spans), 5) - 1))
            weights[place.unit] = weights.get(place.unit, 0.0) + weight
        return sorted(weights, key=lambda unit: (-weights[unit], unit))

    def _longest(self, folded: str) -> dict[str, list[Span]]:
        spans = sorted(
            ((at, at + len(word), word) for word, places in self._index.find(folded).items() for at in places),
            key=lambda item: (item[0], -item[1]),
        )
        kept: dict[str, list[Span]] = {}
        end = -1
        for start, stop, word in spans:
            if start >= end:
                kept.setdefault(word, []).append((start, stop))
                end = stop
        return kept
