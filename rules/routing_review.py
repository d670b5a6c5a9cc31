"""What a rule table says about itself, without any matter: rules that contradict, repeat, outweigh or silence.

None of this is a fault (two units may well be told apart by the rest of a text); it is what somebody who changes the
table wants to know before matters are routed by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from rules.matching import WordIndex, fold
from rules.routing_rules import Rule

RemarkKind = Literal["contradicts", "repeats", "outweighed", "silenced"]
"""`contradicts`: the same words speak for another owner · `repeats`: another rule says all of it already ·
`outweighed`: wherever it fires, one at least as heavy fires for another owner · `silenced`: each of its words
contains one that excludes it."""

OWNERS = frozenset({"department", "local", "outside"})


@dataclass(frozen=True)
class Remark:
    """Something about `rule` (its id), because of `other` ("" where it is the rule alone) and those `words`."""

    kind: RemarkKind
    rule: str
    other: str
    words: tuple[str, ...]


def review(rules: Sequence[Rule]) -> list[Remark]:
    """Return what is remarkable about the active rules of a table, by rule in the table's order."""
    active = [rule for rule in rules if rule.active]
    order = {rule.id: number for number, rule in enumerate(active)}
    found = [*_silenced(active), *_pairs(active), *_outweighed(active)]
    return sorted(found, key=lambda remark: (order[remark.rule], remark.kind, order.get(remark.other, -1)))


def _silenced(rules: Sequence[Rule]) -> Iterator[Remark]:
    for rule in rules:
        without = [fold(word) for word in rule.without]
        silent = [word for word in rule.words if any(one in part for part in _parts(word) for one in without)]
        if silent and len(silent) == len(rule.words):
            yield Remark("silenced", rule.id, "", tuple(silent))


def _pairs(rules: Sequence[Rule]) -> Iterator[Remark]:
    """Compare the rules that have a word in common."""
    known = {rule.id: rule for rule in rules}
    order = {rule.id: number for number, rule in enumerate(rules)}
    for (first, second), words in _shared(rules).items():
        one, other = known[first], known[second]
        if not _overlap(one, other):
            continue
        if _differ(one, other):
            yield Remark("contradicts", first, second, tuple(words))
        elif _repeats(one, other) and (order[second] < order[first] or not _repeats(other, one)):
            # Of two that say the same, the later one is the repetition.
            yield Remark("repeats", first, second, tuple(words))


def _shared(rules: Sequence[Rule]) -> dict[tuple[str, str], list[str]]:
    """Return for every two rules, in both orders, the words that both have."""
    users: dict[frozenset[str], list[Rule]] = defaultdict(list)
    for rule in rules:
        for entry in dict.fromkeys(map(_entry, rule.words)):
            users[entry].append(rule)
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry, sharing in users.items():
        for one, other in permutations(sharing, 2):
            shared[one.id, other.id].append("+".join(sorted(entry)))
    return shared


def _outweighed(rules: Sequence[Rule]) -> Iterator[Remark]:
    """Find rules each word of which has a word of a heavier rule of another owner in it."""
    plain: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.kind in OWNERS and not (rule.also or rule.without or rule.place):
            for word in rule.words:
                if "+" not in word:
                    plain[fold(word)].append(rule)
    index = WordIndex(plain)
    for rule in rules:
        if rule.kind in OWNERS and rule.words:
            found = [_heavier(rule, entry, index, plain) for entry in rule.words]
            for other in sorted(set.intersection(*map(set, found))):
                yield Remark("outweighed", rule.id, other, tuple(dict.fromkeys(one[other] for one in found)))


def _heavier(rule: Rule, entry: str, index: WordIndex, plain: Mapping[str, Sequence[Rule]]) -> dict[str, str]:
    """Return the rules that fire for another owner wherever the entry stands, each with its word inside it."""
    inside = {word for part in _parts(entry) for word in index.find(part)} - {fold(entry)}  # equal is contradicting
    return {
        other.id: word
        for word in sorted(inside)
        for other in plain[word]
        if other.priority >= rule.priority and _differ(rule, other) and _always(other, rule)
    }


def _repeats(one: Rule, other: Rule) -> bool:
    """Return whether `other` says all that `one` does, wherever `one` would."""
    return (
        _target(one) == _target(other)
        and set(map(_entry, one.words)) <= set(map(_entry, other.words))
        and _covers(other, one)
    )


def _entry(word: str) -> frozenset[str]:
    return frozenset(_parts(word))


def _parts(word: str) -> list[str]:
    return [fold(part) for part in word.split("+")]


def _owner(rule: Rule) -> str:
    return rule.unit or rule.agency


def _differ(one: Rule, other: Rule) -> bool:
    """Both name an owner, and not the same. All agencies outside are one owner to routing."""
    both = one.kind in OWNERS and other.kind in OWNERS
    if both and one.kind == other.kind == "outside":
        return False
    return both and _owner(one) != _owner(other)


def _target(rule: Rule) -> tuple[str, ...]:
    return (rule.kind, rule.unit, rule.agency, rule.category, rule.matter_kind, rule.severity)


def _overlap(one: Rule, other: Rule) -> bool:
    """Return whether there are a day, a place and further words with which both fire."""
    apart = (one.valid_to and other.valid_from and one.valid_to < other.valid_from) or (
        other.valid_to and one.valid_from and other.valid_to < one.valid_from
    )
    places = not one.place or not other.place or fold(one.place) == fold(other.place)
    conditions = not one.also or not other.also or set(one.also) == set(other.also)
    return not apart and places and conditions


def _always(other: Rule, rule: Rule) -> bool:
    """Return whether `other` holds on every day on which `rule` does."""
    begins = other.valid_from is None or (rule.valid_from is not None and other.valid_from <= rule.valid_from)
    ends = other.valid_to is None or (rule.valid_to is not None and rule.valid_to <= other.valid_to)
    return begins and ends


def _covers(other: Rule, rule: Rule) -> bool:
    """Return whether `other`, given its words, fires wherever `rule` does."""
    return (
        set(other.also) <= set(rule.also)
        and set(other.without) <= set(rule.without)
        and (not other.place or fold(other.place) == fold(rule.place))
        and _always(other, rule)
    )
