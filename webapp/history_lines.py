"""A matter's history as the timeline of its page: titles, sentences, and what was typed as label and value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from engine.casework import task_forms
from engine.casework.queries.records import HistoryView
from engine.runtime import Definition, NotFound
from forms import CompiledForm, Lookups, SchemaError, compile_form
from webapp.sentences import say_all
from webapp.vocabulary import word

LATE = frozenset({"alarm_raised", "escalated", "escalation_caught", "files_unread"})
QUIET = frozenset(
    {
        "decided",
        "judged",
        "reminded",
        "due_moved",
        "due_extended",
        "clock_paused",
        "clock_resumed",
        "viewed",
        "effect_finished",
        "claimed",
        "unclaimed",
        "message_thrown",
        "message_received",
        "signal_thrown",
        "signal_received",
        "error_caught",
        "escalation_uncaught",
        "migrated",
        "migration_reverted",
    }
)
"""Events that stand in the timeline without the green of work done."""

MOVES = frozenset({"migrated", "migration_reverted"})
"""Events that put a matter on another version; all before them happened on the one it was on."""


def timeline(
    events: Iterable[HistoryView],
    definition: Definition | None,
    names: Lookups,
    version: Callable[[int], Definition] | None = None,
) -> list[dict[str, Any]]:
    """Return the events for the component `timeline`, the newest first.

    What was typed is shown by the forms of the version it was typed on: `version` gives a deployment by its id, for
    those that a matter was on before it was moved to `definition`.
    """
    forms, found = _forms(definition), []
    for event in reversed(list(events)):
        found.append(_line(event, forms, names))
        if event.event in MOVES and version is not None and event.details.get("deployments"):
            forms = _forms(version(event.details["deployments"][0]))
    return found


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
            return compile_form(task_forms.form_of(definition, keys[step]), name=keys[step])
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


def _alarmed(details: Mapping[str, Any]) -> str:
    about = _joined([word("alarm", category) for category in details.get("categories") or ()])
    return str(_("%(about)s；%(told)s", about=about, told=_told(details)))


def _reasons(reason: Any) -> str:
    return str(_("；")).join(say_all(str(reason or "").split("；")))


def _unread(details: Mapping[str, Any]) -> str:
    files = [
        str(_("%(name)s（%(why)s）", name=file.get("filename"), why=_reasons(file.get("reason"))))
        for file in details.get("files") or ()
    ]
    return str(_("请打开查看有无涉密内容：%(files)s", files=_joined(files)))


def _sent(details: Mapping[str, Any]) -> str:
    """Return for whom a message is; another matter's number is not for the readers of this one."""
    name = str(details.get("message") or "")
    if (called := word("message", name)) != name:
        return called
    if "business_key" in details:
        return str(_("发给另一事项的流程：%(name)s", name=name))
    return str(_("发给同一事项的流程：%(name)s", name=name))


def _outwards(details: Mapping[str, Any]) -> str:
    """Return what an error or an escalation says, with its code."""
    code, message = str(details.get("code") or ""), str(details.get("message") or "")
    return code if message in {"", code} else str(_("%(message)s（代码 %(code)s）", message=message, code=code))


def _another_version(details: Mapping[str, Any]) -> str:
    """Return from which version to which, why, which deadlines moved by it, and who lost a step."""
    parts = [_("第 %(old)s 版 → 第 %(new)s 版", old=details.get("from"), new=details.get("to"))]
    parts += [str(details.get("reason") or "")]
    moved = [_(str(timer.get("name"))) for timer in details.get("timers") or () if timer.get("what") == "moved"]
    if moved:
        parts.append(_("时限重新计算：%(names)s", names=str(_("、")).join(map(str, dict.fromkeys(moved)))))
    lost = [_(str(claim.get("name"))) for claim in details.get("lost") or ()]
    if lost:
        parts.append(_("重新分派：%(names)s", names=str(_("、")).join(map(str, lost))))
    return str(_("；")).join(str(part) for part in parts if part)


def _supervised(details: Mapping[str, Any]) -> str:
    """Return which supervision, how it ended and why, as far as that is for the readers of the matter."""
    parts = [str(details.get("proceeding") or ""), word("proceeding_outcome", details.get("outcome"))]
    return str(_("；")).join(part for part in [*parts, str(details.get("reason") or "")] if part)


def _extended(details: Mapping[str, Any]) -> str:
    given = {"by": details.get("by") or "", "reason": details.get("reason") or ""}
    moved = details.get("moved") or []
    if not details.get("target") or not moved:
        return str(_("延期%(by)s：%(reason)s", **given))
    labels = dict.fromkeys(str(one.get("name") or "") for one in moved)
    names = str(_("、")).join(str(_(label)) for label in labels if label)
    return str(_("%(names)s延期%(by)s，办结期限不变：%(reason)s", names=names, **given))


NOTES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "registered": _registered,
    "alarm_raised": _alarmed,
    "alarm_acknowledged": lambda details: str(details.get("note") or ""),
    "files_unread": _unread,
    "judged": _judged,
    "decided": _decided,
    "escalated": _told,
    "reminded": _told,
    "due_moved": _moved,
    "due_extended": _extended,
    "migrated": _another_version,
    "migration_reverted": _another_version,
    "suspended": _moved,
    "resumed": _moved,
    "cancelled": _moved,
    "restarted": _moved,
    "variables_changed": _moved,
    "correlated": _moved,
    "incident_retried": _moved,
    "incident_resolved": _moved,
    "incident_opened": lambda _details: str(_("流程停在这里，流程管理员会处理；前面办的不受影响。")),
    "token_moved": lambda details: str(
        _("从“%(step)s”移到这里：%(reason)s", step=_(str(details.get("from_name"))), reason=details.get("reason") or "")
    ),
    "clock_paused": _moved,
    "clock_resumed": _moved,
    # Another matter's number is not for all readers of this one: the page lists those that they may know of.
    "linked": _moved,
    "unlinked": _moved,
    "related": _moved,
    "repeats_told": lambda details: _joined(details.get("repeats")),
    "supervised": _supervised,
    "supervision_ended": _supervised,
    "transfer_ended": _supervised,
    "viewed": lambda details: _joined(details.get("fields")),
    "acknowledged": lambda details: str(details.get("note") or ""),
    "closed": lambda details: word("satisfaction", details.get("satisfaction")),
    "message_thrown": _sent,
    "message_received": lambda details: word("message", str(details.get("message") or "")),
    "signal_thrown": lambda details: str(_("发给所有等待“%(name)s”的流程", name=details.get("signal") or "")),
    "signal_received": lambda details: str(details.get("signal") or ""),
    "error_caught": _outwards,
    "escalation_caught": _outwards,
    "escalation_uncaught": lambda details: str(_("没有环节接手，流程继续：%(why)s", why=_outwards(details))),
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
