"""Route a matter by rules: who owns it, what it is, how grave it is, and which words decided.

Evidence for every unit and for bodies outside the police is weighed against each other: the title counts more than the
body, more words of a rule more than one. The margin between the best and the second best gives the confidence.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from rules.accusation import Accused, AccusedFinder
from rules.evidence import Firing, Weigher, total
from rules.places import PlaceFinder, PlaceFound
from rules.routing_rules import SEVERITIES, Category, Officer, Rule, Unit, check_rules
from rules.routing_verdict import OUTSIDE, Alternative, Reason, Verdict, alternatives_of, reasons_of

__all__ = ["OUTSIDE", "Alternative", "Category", "Officer", "Reason", "Router", "Rule", "Unit", "Verdict"]

# One priority-5 rule in a title weighs 5, in a body about 2; below this much evidence nobody is confident.
ENOUGH = 2.5
SHARPNESS = 2.2
CERTAIN = 0.7
JOINT_SHARE, JOINT_SCORE, MOST_JOINT = 0.6, 4.0, 2
# Several agencies outside speak together against the police, the further ones less.
OTHER_AGENCIES = 0.3
# A complaint about the police in the title is the subject, whatever the story is about; in the body it is a side of it.
ACCUSED_IN_TITLE, ACCUSED_OUTRIGHT, ACCUSED_IN_BODY = 1.6, 1.2, 0.55
BESIDE_ACCUSATION = 0.45
FAVOUR_CHOSEN = 1.5


@dataclass
class _Case:
    """What is known of one message while it is routed."""

    firings: list[Firing]
    accused: list[Accused]
    stations: list[str]
    places: list[PlaceFound]
    complaints: list[Firing]
    kept_out: frozenset[str] = frozenset()

    @property
    def barred(self) -> set[str]:
        return {item.unit for item in self.accused if item.unit} | self.kept_out

    @property
    def fired(self) -> list[Firing]:
        return [*self.firings, *self.complaints]


class Router:
    """A rule table, the units, categories and officers it speaks of, compiled; build once, route every message.

    `certain`: the confidence from which a verdict needs no hand. Raises RulesError naming every fault of the table.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        units: Sequence[Unit],
        categories: Sequence[Category] = (),
        officers: Sequence[Officer] = (),
        *,
        certain: float = CERTAIN,
    ) -> None:
        check_rules(rules, units, categories)
        self._certain = certain
        self._categories = {category.code: category for category in categories}
        self._by_topic = {(item.topic, item.kind): item.code for item in categories if item.topic}
        self._accusations = [rule for rule in rules if rule.kind == "accusation"]
        self._weigher = Weigher([rule for rule in rules if rule.kind != "accusation"])
        self._conduct = Weigher(self._accusations)
        self._places = PlaceFinder(units)
        conduct = [word for rule in self._accusations for word in rule.words if "+" not in word]
        crimes = [word for rule in rules if rule.kind in ("department", "local") for word in rule.words]
        self._accused = AccusedFinder(units, officers, conduct, crimes)

    def route(
        self,
        title: str,
        body: str = "",
        place: str = "",
        channel: str = "",
        *,
        on: date | None = None,
        barred: Collection[str] = (),
    ) -> Verdict:
        """Route one message. `place`: what the channel gave as the place; `on`: the day whose rules hold (None: all).

        `channel` is the channel's code; a rule may name it as its place to hold for that channel only. `barred`: units
        that must not get it, beside those that the message is found to accuse.
        """
        return self.weigh(title, body, place, channel, on=on, barred=barred).verdict()

    def weigh(
        self,
        title: str,
        body: str = "",
        place: str = "",
        channel: str = "",
        *,
        on: date | None = None,
        barred: Collection[str] = (),
    ) -> "Weighing":
        """Weigh the evidence for every owner without a decision yet; arguments as `route`."""
        places = self._places.find(title, body, place)
        stations = self._places.stations(places)
        named = {item.place for item in places} | ({channel} if channel else set())
        accused = self._accused.find("title", title, stations) + self._accused.find("body", body, stations)
        fired = self._weigher.fire(title, body, places=named, on=on)
        case = _Case(fired, accused, stations, places, [], frozenset(barred))
        if accused:
            case.complaints = self._complaints(case, title, body, on)
        return self._weighed(case)

    def _complaints(self, case: _Case, title: str, body: str, on: date | None) -> list[Firing]:
        """Return the rules that make of the accusations a complaint, weighed; for units that are not accused."""
        said = {item.conduct for item in case.accused}
        in_title = any(item.field == "title" and item.conduct for item in case.accused)
        outright = any(item.field == "title" and not item.conduct for item in case.accused)
        factor = ACCUSED_IN_TITLE if in_title else ACCUSED_OUTRIGHT if outright else ACCUSED_IN_BODY
        fired = [
            Firing(item.rule, item.hits, item.rule.priority * factor)
            for item in self._conduct.fire(title, body, on=on)
            if any(hit.word in said for hit in item.hits)
        ]
        if not fired and outright:
            # Complained of outright, without a word of conduct from the table.
            fired = [Firing(rule, (), rule.priority * factor) for rule in self._accusations if rule.is_valid(on)][:1]
        return [firing for firing in fired if firing.rule.unit not in case.barred]

    def _weighed(self, case: _Case) -> "Weighing":
        owners = _owners(case)
        agencies = _agencies(case.firings)
        weighed = {name: total(item.score for item in found) for name, found in owners.items()}
        if agencies:
            best = max(agencies.values())
            weighed[OUTSIDE] = best + OTHER_AGENCIES * (sum(agencies.values()) - best)
        if any(item.field == "title" for item in case.accused):
            complained = {firing.rule.unit for firing in case.complaints}
            weighed = {n: score * (1 if n in complained else BESIDE_ACCUSATION) for n, score in weighed.items()}
        return Weighing(self, case, owners, agencies, weighed)

    def conclude(self, weighing: "Weighing", owner: str, confidence: float) -> Verdict:
        """Return the verdict for `owner` (a unit's code or OUTSIDE) of what was weighed."""
        case, weighed, agencies = weighing.case, weighing.evidence, weighing.agencies
        ranked = [name for name in weighing.ranked if name != owner]
        mine = weighing.owners.get(owner, [])
        unit, supervising = _unit(owner, mine, case)
        kind, category = self._matter(case, mine)
        graded = [firing.rule.severity for firing in case.fired if firing.rule.severity]
        return Verdict(
            unit=unit,
            supervising_unit=supervising,
            joint_units=_joint(ranked, weighed, unit) if unit else (),
            category=category,
            kind=kind,
            severity=max(graded, key=SEVERITIES.index, default="ordinary"),
            clock=next((firing.rule.clock for firing in case.fired if firing.rule.clock), ""),
            confidence=round(confidence, 4),
            certain=confidence >= self._certain,
            out_of_scope=owner == OUTSIDE,
            agency=max(agencies, key=lambda name: agencies[name], default="") if owner == OUTSIDE else "",
            accused=tuple(case.accused),
            reasons=tuple(reasons_of(case.fired, case.accused, case.places)),
            alternatives=tuple(alternatives_of(ranked, weighed, agencies)),
        )

    def _matter(self, case: _Case, mine: Sequence[Firing]) -> tuple[str, str]:
        """Return the kind and the category: what the words are about, in the variety that fits what is wanted."""
        complaint = any(firing.rule.kind == "accusation" for firing in mine)
        intents: dict[str, list[float]] = defaultdict(list)
        topics: dict[str, list[float]] = defaultdict(list)
        for firing in case.fired:
            if firing.rule.kind == "intent":
                intents[firing.rule.matter_kind].append(firing.score)
            if firing.rule.category and complaint == (firing.rule.kind == "accusation"):
                favour = FAVOUR_CHOSEN if firing in mine else 1.0
                topics[firing.rule.category].append(firing.score * favour)
        kind = "complaint" if complaint else max(intents, key=lambda name: total(intents[name]), default="request")
        if not topics:
            return kind, ""
        category = max(topics, key=lambda name: total(topics[name]))
        known = self._categories.get(category)
        if known is None or known.kind == kind:
            return kind, category
        sibling = self._by_topic.get((known.topic, kind))
        return (kind, sibling) if sibling else (known.kind, category)


@dataclass
class Weighing:
    """The evidence of one message: for every owner that is not accused (OUTSIDE among them) how much the rules say."""

    router: Router
    case: _Case
    owners: dict[str, list[Firing]]
    agencies: dict[str, float]
    evidence: dict[str, float]

    @property
    def barred(self) -> set[str]:
        """The units that are accused: none of them may get the matter."""
        return self.case.barred

    @property
    def ranked(self) -> list[str]:
        """The owners that rules speak for, the heaviest first."""
        return sorted(self.evidence, key=lambda name: (-self.evidence[name], name))

    def verdict(self) -> Verdict:
        """Return what the rules alone say."""
        ranked = self.ranked
        confidence = _confidence([self.evidence[name] for name in ranked])
        return self.router.conclude(self, ranked[0] if ranked else OUTSIDE, confidence)


def _owners(case: _Case) -> dict[str, list[Firing]]:
    """Return for every unit that is not accused the rules that speak for it."""
    owners: dict[str, list[Firing]] = defaultdict(list)
    for firing in case.fired:
        if firing.rule.kind in ("department", "local", "accusation") and firing.rule.unit not in case.barred:
            owners[firing.rule.unit].append(firing)
    return owners


def _unit(owner: str, mine: Sequence[Firing], case: _Case) -> tuple[str, str]:
    """Return the handling unit and the supervising one: the station of the place where the rules leave it to it."""
    if owner == OUTSIDE:
        return "", ""
    named = (firing.rule.supervising_unit for firing in mine)
    supervising = next((code for code in named if code and code not in case.barred), "")
    left_to_station = sum(firing.score for firing in mine if firing.rule.kind == "local")
    if left_to_station > sum(firing.score for firing in mine) / 2 and case.stations:
        station = case.stations[0]
        if station not in case.barred:
            return station, supervising or owner
    return owner, "" if supervising == owner else supervising


def _joint(others: Sequence[str], weighed: dict[str, float], unit: str) -> tuple[str, ...]:
    least = max(JOINT_SCORE, JOINT_SHARE * max(weighed.values(), default=0.0))
    return tuple(name for name in others if name not in (OUTSIDE, unit) and weighed[name] >= least)[:MOST_JOINT]


def _agencies(firings: Sequence[Firing]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for firing in firings:
        if firing.rule.kind == "outside":
            found[firing.rule.agency].append(firing.score)
    return {agency: total(scores) for agency, scores in found.items()}


def _confidence(scores: Sequence[float]) -> float:
    """Turn the ranked evidence into 0 to 1: how far the best leads, held back when there is little of it at all."""
    if not scores or scores[0] <= 0:
        return 0.0
    powers = [score**SHARPNESS for score in scores]
    return float(powers[0] / sum(powers) * (1 - math.exp(-scores[0] / ENOUGH)))
