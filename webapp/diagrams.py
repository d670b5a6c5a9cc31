"""Diagrams as the page draws them: the XML, what is done, where the work stands, and the list that says the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask_babel import gettext
from lxml import etree

from engine.runtime import Definition

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
STEPS = frozenset({f"{BPMN}userTask", f"{BPMN}manualTask"})


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a diagram says of itself, whatever runs on it.

    `steps` are its user tasks (id, label) in the order of the file, `roles` the label of the lane each lies in,
    `called` the call activities with the process each calls, `follows` what comes next after each element, by label,
    `around` the embedded sub-processes each element lies in, the nearest first.
    """

    key: str
    name: str
    xml: str
    steps: tuple[tuple[str, str], ...]
    roles: Mapping[str, str]
    called: Mapping[str, str]
    follows: Mapping[str, str]
    around: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Progress:
    """How far an instance is in one process.

    `visited` are elements a token has passed, `active` and `late` those where work waits, `done` says who finished a
    step last and when; `holders` who has the waiting ones. `counts` says of an element how many are in work and late.
    """

    visited: Collection[str] = ()
    active: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    counts: dict[str, Any] = field(default_factory=dict)
    done: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    holders: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def spread(self, around: Mapping[str, tuple[str, ...]]) -> None:
        """Let the sub-processes in which work waits be active too, and late where it is late."""
        for marked in (self.active, self.late):
            marked.update(outer for element in list(marked) for outer in around.get(element, ()))


@lru_cache(maxsize=64)
def read(key: str, xml: str) -> Drawing:
    """Return what is drawn in a process; deployed files never change, so it is kept."""
    root = etree.fromstring(xml.encode())
    process = next((found for found in root.iter(f"{BPMN}process") if found.get("id") == key), root)
    steps = [(_id(task), task.get("name") or _id(task)) for task in process.iter(*STEPS)]
    roles = {
        (reference.text or "").strip(): lane.get("name") or _id(lane)
        for lane in process.iter(f"{BPMN}lane")
        for reference in lane.iter(f"{BPMN}flowNodeRef")
    }
    called = {_id(call): call.get("calledElement") or "" for call in process.iter(f"{BPMN}callActivity")}
    names = {_id(element): element.get("name") or "" for element in process.iter(etree.Element)}
    flows = process.iter(f"{BPMN}sequenceFlow")
    follows = {flow.get("sourceRef") or "": names.get(flow.get("targetRef") or "", "") for flow in flows}
    around = {
        _id(element): tuple(_id(outer) for outer in element.iterancestors(f"{BPMN}subProcess"))
        for element in process.iterfind(f".//{BPMN}subProcess//*[@id]")
    }
    return Drawing(key, process.get("name") or key, xml, tuple(steps), roles, called, follows, around)


def _id(element: etree._Element) -> str:
    return element.get("id") or ""


def drawings(definition: Definition) -> list[Drawing]:
    """Return the drawings of a deployment, those that call before those that are called."""
    found = [read(key, _text(definition.xml(key))) for key in definition.processes]
    called = {target for drawing in found for target in drawing.called.values()}
    return sorted(found, key=lambda drawing: drawing.key in called)


def drawn(definition: Definition) -> list[dict[str, Any]]:
    """Return a deployment's diagrams with nothing running on them, for the component `diagram_card`."""
    return [diagram(drawing, Progress()) for drawing in drawings(definition)]


def diagram(drawing: Drawing, progress: Progress) -> dict[str, Any]:
    """Return one diagram for the component `diagram_card`."""
    return {
        "key": drawing.key,
        "name": gettext(drawing.name),
        "xml": drawing.xml,
        "done": sorted(set(progress.visited) - progress.active - progress.late),
        "active": sorted(progress.active - progress.late),
        "late": sorted(progress.late),
        "counts": progress.counts,
        "called": dict(drawing.called),
        "steps": list(_steps(drawing, progress)),
    }


def _steps(drawing: Drawing, progress: Progress) -> Iterable[dict[str, Any]]:
    for step, name in drawing.steps:
        who, at = progress.holders.get(step) or progress.done.get(step) or (None, None)
        if step in progress.late:
            state = "late"
        elif step in progress.active:
            state = "active"
        else:
            state = "done" if step in progress.done or step in progress.visited else "next"
        yield {
            "name": gettext(name),
            "state": state,
            "who": who or gettext(drawing.roles.get(step, "")) if drawing.roles.get(step) or who else "",
            "at": at,
            "note": "",
        }


def _text(xml: str | bytes) -> str:
    return xml.decode() if isinstance(xml, bytes) else xml
