"""A matter's history as the timeline of its page: titles, sentences, and what was typed as label and value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from engine.casework.queries.records import HistoryView
from engine.runtime import Definition, NotFound
from forms import CompiledForm, Lookups, SchemaError, compile_form
from webapp.vocabulary import word

LATE = frozenset({"escalated"})
QUIET = frozenset({"decided", "judged", "reminded", "due_moved", "viewed", "effect_finished", "claimed", "unclaimed"})
"""Events that stand in the timeline without the green of work done."""


def timeline(events: Iterable[HistoryView], definition: Definition | None, names: Lookups) -> list[dict[str, Any]]:
    """Return the events for the component `timeline`, the newest first."""
    forms = _forms(definition)
    return [_line(event, forms, names) for event in reversed(list(events))]


def _line(event: HistoryView, forms: Callable[[str], CompiledForm | None], names: Lookups) -> dict[str, Any]:
    details = event.details
    answers = details.get("answers")
    lines: list[tuple[str, str]] = []
    if event.step and isinstance(answers, Mapping):
        compiled = forms(event.step)
        if compiled is not None:
            lines = [(_label(line), line.value) for line in compiled.describe(answers, names, _)]
    tone = "late" if event.event in LATE else "info" if event.event in QUIET else "done"
    kind = word("event", event.event)
    # What begins the whole process is named after the matter, whose page this is.
    name = _(event.name) if event.name and event.event != "started" else kind
    return {
        "title": name if kind in {name, event.event} else f"{name} · {kind}",
        "at": event.at,
        "actor": _(event.actor_name),
        "tone": tone,
        "note": _note(event.event, details),
        "details": lines,
    }


def _label(line: Any) -> str:
    return f"{line.list_label} {line.row} · {line.label}" if line.row else str(line.label)


def _forms(definition: Definition | None) -> Callable[[str], CompiledForm | None]:
    keys: dict[str, str] = {}
    if definition is not None:
        for process in definition.processes:
            keys |= {step.step: step.form_key for step in definition.steps(process)}

    def form_of(step: str) -> CompiledForm | None:
        if definition is None or step not in keys:
            return None
        try:
            return compile_form(definition.form(keys[step]), name=keys[step])
        except (NotFound, SchemaError):
            return None

    return form_of


def _joined(values: Any) -> str:
    return str(_("、")).join(str(value) for value in values) if isinstance(values, list) else str(values or "")


def _told(details: Mapping[str, Any]) -> str:
    return str(_("已告知：%(names)s", names=_joined(details.get("told")) or "—"))


def _decided(details: Mapping[str, Any]) -> str:
    outputs = details.get("outputs") or {}
    parts = []
    if outputs.get("total"):
        parts.append(_("总时限 %(limit)s", limit=outputs["total"]))
    if outputs.get("reviewer"):
        parts.append(_("由%(role)s审核", role=word("role", outputs["reviewer"])))
    if outputs.get("basis"):
        parts.append(_("依据：%(basis)s", basis=outputs["basis"]))
    return str(_("；")).join(parts)


def _moved(details: Mapping[str, Any]) -> str:
    return str(details.get("reason") or "")


def _judged(details: Mapping[str, Any]) -> str:
    words = _joined(details.get("words"))
    return str(_("依据的词：%(words)s", words=words)) if words else ""


def _registered(details: Mapping[str, Any]) -> str:
    number = details.get("channel_number")
    channel = str(details.get("channel") or "")
    return f"{channel} {number}" if number else channel


NOTES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "registered": _registered,
    "judged": _judged,
    "decided": _decided,
    "escalated": _told,
    "reminded": _told,
    "due_moved": _moved,
    "linked": lambda details: _("主件 %(number)s", number=details.get("primary", "")),
    "repeats_told": lambda details: _joined(details.get("repeats")),
    "viewed": lambda details: _joined(details.get("fields")),
    "acknowledged": lambda details: str(details.get("note") or ""),
    "closed": lambda details: word("satisfaction", details.get("satisfaction")),
    "effect_finished": lambda details: _delivered(details.get("result") or {}),
}
"""Event -> the sentence that stands below its title."""


def _delivered(result: Mapping[str, Any]) -> str:
    if result.get("delivered"):
        return str(_("已送达"))
    return str(_("没有送达：%(reason)s", reason=result.get("error") or result.get("reason") or "—"))


def _note(event: str, details: Mapping[str, Any]) -> str:
    note = NOTES.get(event)
    return note(details) if note else ""
