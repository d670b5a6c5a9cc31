"""比对研判: compare a new matter with earlier ones, recognise who handles it and how grave it is, and say why."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from engine.casework import alarms, bursts, earlier, likeness
from engine.casework.case import Case, case_of
from engine.casework.dictionary import Dictionary, dictionary
from engine.casework.learning_text import attached, judged, text_of
from engine.runtime import Call, Service
from rules.comparison import Match
from rules.routing_verdict import Verdict
from rules.working_time import BUREAU_ZONE

REPEATABLE = timedelta(days=180)
"""How long after its close a matter can still be repeated; later the same words are a new matter."""

MOST_MATCHES = 5
DEFAULT_KIND = "request"

ACCUSE = text(
    """
insert into matter_accused (matter_id, unit_id, officer_id) values (:matter, :unit, :officer)
on conflict do nothing
"""
)
SIGNABLE = text(
    """
select exists (select 1 from holding h join officer o on o.id = h.officer_id
               where h.role = 'liaison' and h.unit_id = :unit and o.active)
"""
)


def judge(call: Call) -> dict[str, Any]:
    """Judge the matter: what it is, whom it accuses, which earlier one it repeats, who handles it.

    What somebody decided before (``matter.given``) stands. An accused unit never gets the matter, nor anything in it
    or above it: a verdict that names one of these is asked for again without them. The reasons, with their positions
    in the text, and the version of the model are kept with the matter.
    """
    transaction = call.transaction
    case = case_of(transaction)
    connection = transaction.connection
    given = set((call.data.get("matter") or {}).get("given") or ())
    words = dictionary(connection)
    verdict = _verdict(call, case, words)
    barred = case.barred_units(connection)
    matches = earlier.matches(connection, case.row)
    primary, match = _primary(connection, case, matches, barred)
    case.set(**_classified(verdict, words, given))
    by_hand = "handling_unit_id" in given
    unit = case["handling_unit_id"] if by_hand else words.units.get(verdict.unit)
    outcome = _outcome(connection, verdict, unit, barred, by_hand=by_hand, repeat=primary is not None)
    judgement = {
        "outcome": outcome,
        "clock": verdict.clock,
        "routing": verdict.as_dict(),
        "model": {"id": words.model_id, "version": words.model, "rules": words.version},
        "keywords": words.version,
        "matches": [found.as_dict() for found in matches[:MOST_MATCHES]],
    }
    _apply(case, outcome, unit, words.units.get(verdict.supervising_unit), barred)
    if primary is not None and match is not None:
        case.set(primary_id=primary.id, stage="primary_replied", status="waiting")
        judgement["primary"] = {"id": primary.id, "number": primary.number, "score": match.score}
        case.note("linked", "关联重复诉求", element=call.element, primary=primary.number, score=match.score)
    if primary is None:
        likeness.keep(connection, case.id, matches, transaction.now)
    bursts.notice(connection, case.id, matches, received_at=case["received_at"], now=transaction.now)
    if outcome == "pushed":
        case.set(accepted_at=transaction.now, automatic=not by_hand)
    case.set(judgement=judgement)
    case.note(
        "judged",
        call.name,
        element=call.element,
        outcome=outcome,
        unit=verdict.unit,
        confidence=verdict.confidence,
        words=_words(verdict),
        category=verdict.category,
        kind=case["kind"],
        severity=case["severity"],
    )
    case.publish(transaction)
    return {
        "outcome": outcome,
        "primary_replied": primary is not None and primary.replied_at is not None,
        "kind": case["kind"],
        "severity": case["severity"],
        "confidence": verdict.confidence,
        "accuses": bool(verdict.accused) or bool(barred),
    }


def _verdict(call: Call, case: Case, words: Dictionary) -> Verdict:
    """Return the verdict, after whom it accuses has been stored; none of them nor theirs are in it."""
    connection = call.transaction.connection
    letter = text_of(case["title"], case["body"], attached(connection, case.id))

    def ask() -> Verdict:
        out = case.barred_units(connection)
        return judged(
            words,
            letter,
            length=len(case["body"]),
            place=case["place"] or "",
            channel=case["channel_code"],
            on=case["received_at"].astimezone(BUREAU_ZONE).date(),
            barred=[code for code, unit in words.units.items() if unit in out],
            alarming=call.transaction.now - case["received_at"] <= alarms.FRESH,
        )

    verdict = ask()
    _keep_accused(connection, case, words, verdict)
    out = case.barred_units(connection)
    named = {verdict.unit, verdict.supervising_unit, *verdict.joint_units}
    return ask() if any(words.units.get(code) in out for code in named) else verdict


def _classified(verdict: Verdict, words: Dictionary, given: Collection[str]) -> dict[str, Any]:
    """Return the columns that say what the matter is, without those somebody has filled in already."""
    found = {
        "kind": verdict.kind or DEFAULT_KIND,
        "severity": verdict.severity or "ordinary",
        "category_id": words.categories.get(verdict.category),
    }
    return {column: value for column, value in found.items() if column not in given}


def _keep_accused(connection: Connection, case: Case, words: Dictionary, verdict: Verdict) -> None:
    """Store whom the matter accuses, beside those that were named when it was registered."""
    units = {words.units[item.unit] for item in verdict.accused if item.unit in words.units}
    officers = {int(item.officer) for item in verdict.accused if item.officer.isdecimal()}
    rows = [{"matter": case.id, "unit": unit, "officer": None} for unit in sorted(units)]
    rows += [{"matter": case.id, "unit": None, "officer": officer} for officer in sorted(officers)]
    if rows:
        connection.execute(ACCUSE, rows)
        case.accuse(units, officers)


def _primary(
    connection: Connection, case: Case, matches: list[Match], barred: Collection[int]
) -> tuple[Any, Match | None]:
    """Return the matter that this one repeats, locked, and how like it is; (None, None) when it repeats none.

    A matter in the hands of a unit that this one accuses is none: its answer would be the accused's own.
    """
    for match in matches:
        if match.band != "same":
            break
        primary = earlier.primary_of(connection, int(match.id))
        if primary is None or primary.id == case.id or primary.handling_unit_id in barred:
            continue
        if primary.closed_at is not None and case["received_at"] - primary.closed_at > REPEATABLE:
            continue
        return primary, match
    return None, None


def _outcome(
    connection: Connection,
    verdict: Verdict,
    unit: int | None,
    barred: Collection[int],
    *,
    by_hand: bool,
    repeat: bool,
) -> str:
    if by_hand and unit is not None and unit not in barred:
        return "pushed"
    if repeat:
        return "repeat"
    if not verdict.certain:
        return "manual"
    if verdict.out_of_scope:
        return "out_of_scope"
    if unit is None or unit in barred:
        return "manual"
    return "pushed" if connection.execute(SIGNABLE, {"unit": unit}).scalar_one() else "manual"


def _apply(case: Case, outcome: str, unit: int | None, supervising: int | None, barred: Collection[int]) -> None:
    """Set the units of a matter that is pushed; a suggestion for one that is not stays in its judgement."""
    if outcome != "pushed":
        if case["handling_unit_id"] in barred:
            case.set(handling_unit_id=None)
        return
    allowed = supervising if supervising not in barred and supervising != unit else None
    case.set(handling_unit_id=unit, supervising_unit_id=allowed)


def _words(verdict: Verdict) -> list[str]:
    """Return the words that decided, in the order of their weight, each once."""
    ranked = sorted(verdict.reasons, key=lambda reason: -reason.score)
    return list(dict.fromkeys(word for reason in ranked for word in reason.words))[:10]


SERVICE = Service(
    "judge",
    judge,
    outputs={
        "outcome": "text",
        "primary_replied": "boolean",
        "kind": "text",
        "severity": "text",
        "confidence": "number",
        "accuses": "boolean",
    },
)
