"""What a draft of the keyword table would do to past matters, as it is kept with the preview."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rules.routing_verdict import Verdict

Owner = tuple[str, str]
"""(``unit``, its code), (``outside``, the agency), or (``nobody``, "")."""
Pushed = str
"""``newly``: it would be pushed by itself now · ``no_longer`` · "" where that does not change."""
ASPECTS = ("category", "kind", "severity", "clock")
"""What else of a verdict a rule can change."""


@dataclass
class Count:
    """Of ``matters`` matters: how many would be judged otherwise, how many of these move, and whether that is right.

    ``right``: they move to where staff decided · ``wrong``: away from there · ``neither``: staff decided elsewhere ·
    ``open``: nobody decided yet. These four add up to ``moved``.
    """

    matters: int = 0
    moved: int = 0
    right: int = 0
    wrong: int = 0
    neither: int = 0
    open: int = 0
    newly: int = 0
    no_longer: int = 0
    otherwise: int = 0


@dataclass(frozen=True)
class Move:
    """A matter (its id) that would be judged otherwise: its owner before and after, and whether it moves rightly.

    ``judged``: "" where the owner stays, else the name of the figure in :class:`Count` · ``aspects``: what else
    changes, as name -> (before, after).
    """

    matter: int
    old: Owner
    new: Owner
    judged: str
    pushed: Pushed
    aspects: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Result:
    """The preview, with the rules that hold on ``day``: figures over the listed matters and over all, and warnings.

    ``sample``: how many of the newest matters the warnings are counted over · ``idle``: changed rules that fired on
    none of them · ``broad``: words of the table with in how many of them they stand.
    """

    day: str = ""
    listed: Count = field(default_factory=Count)
    everything: Count = field(default_factory=Count)
    moves: list[Move] = field(default_factory=list)
    sample: int = 0
    idle: list[str] = field(default_factory=list)
    idle_others: int = 0
    broad: list[tuple[str, str, int]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data; `result_from_dict` reads it back."""
        return asdict(self)


def result_from_dict(data: dict[str, Any]) -> Result:
    """Build a result from the data of ``Result.as_dict``."""
    moves = [
        Move(
            one["matter"],
            (one["old"][0], one["old"][1]),
            (one["new"][0], one["new"][1]),
            one["judged"],
            one["pushed"],
            {name: (old, new) for name, (old, new) in one["aspects"].items()},
        )
        for one in data["moves"]
    ]
    broad = [(code, word, count) for code, word, count in data["broad"]]
    given = {**data, "listed": Count(**data["listed"]), "everything": Count(**data["everything"])}
    return Result(**{**given, "moves": moves, "broad": broad})


def owner_of(verdict: Verdict) -> Owner:
    """Return who a verdict names."""
    if verdict.out_of_scope:
        return ("outside", verdict.agency)
    return ("unit", verdict.unit) if verdict.unit else ("nobody", "")


def move_of(matter: int, old: Verdict, new: Verdict, decided: Owner | None) -> Move | None:
    """Return how a matter would be judged otherwise; None when nothing about it changes.

    ``decided``: what staff decided, the agency left out; None where nobody did.
    """
    before, after = owner_of(old), owner_of(new)
    pushed = "" if old.certain == new.certain else "newly" if new.certain else "no_longer"
    aspects = {
        name: (getattr(old, name), getattr(new, name)) for name in ASPECTS if getattr(old, name) != getattr(new, name)
    }
    if before == after and not pushed and not aspects:
        return None
    judged = "" if before == after else _judged(before, after, decided)
    return Move(matter, before, after, judged, pushed, aspects)


def count(into: Count, move: Move) -> None:
    """Add a matter that would be judged otherwise to the figures."""
    if move.judged:
        into.moved += 1
        setattr(into, move.judged, getattr(into, move.judged) + 1)
    elif not move.pushed:
        into.otherwise += 1
    if move.pushed:
        setattr(into, move.pushed, getattr(into, move.pushed) + 1)


def _judged(before: Owner, after: Owner, decided: Owner | None) -> str:
    if decided is None:
        return "open"

    def agrees(owner: Owner) -> bool:
        # Which agency a matter was handed on to is written by hand, in whatever words.
        return owner[0] == decided[0] and (owner[0] == "outside" or owner[1] == decided[1])

    if agrees(after):
        return "right"
    return "wrong" if agrees(before) else "neither"
