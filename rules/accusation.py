"""Who of the police is accused, so that the accusation never goes to them (信访工作条例 articles 28 and 30).

An accusation is a word of conduct (态度恶劣, 推诿, 乱罚款 …) said of an officer or a unit in one sentence, or a title
that complains of one outright. Being named is not being accused: 派出所对面, 建议交警 … accuse nobody.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.matching import Span, WordIndex, fold
from rules.routing_rules import Officer, Unit
from rules.word_lists import read_words

POLICE_WORDS = read_words("police_words.txt")
# One of these between the police word and the conduct is the one meant.
OTHERS = read_words("other_actors.txt")
# After a police word these make it a place or a group of people that is not the police.
_NO_ACTOR = re.compile(
    r"附近|旁边?|对面|门口|门前|楼下|院内|宿舍|家属|斜对|隔壁|后面|前面|方向|路口|路段|提醒|提示|您好|你好|同志[：，:,]"
)
# A title that complains outright, up to where the one complained of stands.
_COMPLAINT = re.compile(r"投诉|举报|控告|检举|控诉|实名举报|状告|质疑")
_STATION = re.compile(r"([㐀-鿿a-z0-9]{2,8})(?:派出所|警务站|警务室)")
_BREAK = re.compile(r"[。！？!?;；\n\r]")
_CLAUSE = re.compile(r"[，,、：:]")
AFTER_COMPLAINT = 14
BEFORE_CONDUCT = 26
AFTER_CONDUCT = 5
BESIDE = 6
BEFORE_STATION = 8

Sighting = tuple[Span, str]


@dataclass(frozen=True)
class Accused:
    """One accused: the unit's and officer's code where they are known ("" = somebody of the police), and the evidence.

    `field` is `title` or `body`; `spans` are positions in it of the police word and of the conduct; `conduct` is the
    word of conduct, "" when a title complains outright.
    """

    unit: str
    officer: str
    words: str
    conduct: str
    field: str
    spans: tuple[Span, ...]


class AccusedFinder:
    """Recognises accused units and officers in titles and bodies.

    `conduct`: words that reproach (from the rules of kind `accusation`) · `crimes`: words of deeds that people report
    to the police (殴打, 敲诈); said of the police only when they stand right beside.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        officers: Sequence[Officer] = (),
        conduct: Iterable[str] = (),
        crimes: Iterable[str] = (),
    ) -> None:
        self._crimes = frozenset(map(fold, crimes))
        self._actors: dict[str, tuple[tuple[str, ...], str]] = {fold(word): ((), "") for word in POLICE_WORDS}
        for unit in units:
            for word in unit.generic:
                known = self._actors.get(fold(word), ((), ""))[0]
                self._actors[fold(word)] = ((*known, unit.code), "")
        for unit in units:
            for name in unit.names:
                self._actors[fold(name)] = ((unit.code,), "")
        for officer in officers:
            self._actors[fold(officer.name)] = ((officer.unit,), officer.code)
            if len(officer.badge) > 1:
                self._actors[fold(officer.badge)] = ((officer.unit,), officer.code)
        self._named = [(name, found) for name, found in self._actors.items() if len(found[0]) == 1 and not found[1]]
        self._actor_index = WordIndex(self._actors)
        self._other_index = WordIndex(OTHERS)
        self._conduct_index = WordIndex(conduct)

    def find(self, field: str, text: str, local: Sequence[str] = ()) -> list[Accused]:
        """Return who is accused in `text`; `local`: codes of the stations whose place the matter names."""
        folded = fold(text)
        actors = self._police(folded)
        if not actors:
            return []
        conducts = _placed(self._conduct_index.find(folded))
        others = [span for span, _ in _placed(self._other_index.find(folded)) if not _inside(span, actors)]
        found: list[Accused] = []
        for actor in actors:
            conduct = next((said for said in conducts if self._said_of(folded, actor[0], said, others)), None)
            if conduct or (field == "title" and _complained_of(folded, actor[0], others)):
                found += self._accuse(field, folded, actor, conduct, local)
        return list(dict.fromkeys(found))

    def _police(self, folded: str) -> list[Sighting]:
        """Find every place where the police is named; where names overlap the longest counts."""
        places = _placed(self._actor_index.find(folded))
        places.sort(key=lambda item: (item[0][0], -item[0][1]))
        kept: list[Sighting] = []
        for span, word in places:
            if kept and span[0] < kept[-1][0][1]:
                continue
            if not _NO_ACTOR.match(folded, span[1]):
                kept.append((span, word))
        return kept

    def _said_of(self, folded: str, actor: Span, said: Sighting, others: Sequence[Span]) -> bool:
        """Tell whether the conduct follows the police word in its sentence, nobody else between, or is put before."""
        (start, end), word = said
        if end <= actor[0]:
            return actor[0] - end <= AFTER_CONDUCT and not _CLAUSE.search(folded, end, actor[0])
        if word in self._crimes and (start > actor[1] + BESIDE or _CLAUSE.search(folded, actor[1], start)):
            return False
        if not actor[1] <= start <= actor[1] + BEFORE_CONDUCT or _BREAK.search(folded, actor[1], start):
            return False
        return not any(actor[1] <= other < start for other, _ in others)

    def _accuse(
        self, field: str, folded: str, actor: Sighting, conduct: Sighting | None, local: Sequence[str]
    ) -> list[Accused]:
        (start, end), word = actor
        units, officer = self._actors[word]
        if len(units) != 1:
            # 派出所 or 民警 alone: the unit named right before it, else the station of the place, when one is meant.
            named = _STATION.search(folded, max(0, start - BEFORE_STATION), end) if units else None
            if named:
                units = next((known for name, (known, _) in self._named if named[0].endswith(name)), ())
            else:
                meant = [unit for unit in local if not units or unit in units]
                units = tuple(meant) if len(meant) == 1 else ()
        spans = ((start, end),) if conduct is None else ((start, end), conduct[0])
        said = conduct[1] if conduct else ""
        return [Accused(unit, officer, word, said, field, spans) for unit in units or ("",)]


def _placed(found: dict[str, list[int]]) -> list[Sighting]:
    return sorted(((at, at + len(word)), word) for word, places in found.items() for at in places)


def _inside(span: Span, actors: Iterable[Sighting]) -> bool:
    return any(start <= span[0] and span[1] <= end for (start, end), _ in actors)


def _complained_of(folded: str, actor: Span, others: Sequence[Span]) -> bool:
    """Tell whether a title such as 投诉某某派出所民警 … complains of this police word first."""
    for complaint in _COMPLAINT.finditer(folded, max(0, actor[0] - AFTER_COMPLAINT), actor[0]):
        between = (complaint.end(), actor[0])
        if not any(between[0] <= start < between[1] for start, _ in others) and not _CLAUSE.search(folded, *between):
            return True
    return False
