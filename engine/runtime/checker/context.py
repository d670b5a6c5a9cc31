"""Everything the rules look at: the diagrams, decisions and forms of one set of files, and what the host knows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.runtime.checker.known import Known
from engine.runtime.checker.model import Diagram, Node, Scope, read_diagram, reference
from engine.runtime.checker.report import Report
from engine.runtime.decisions import Decision, DecisionError, Fault, parse_dmn
from engine.runtime.xml import XmlError, safe_parse

DEFINITIONS: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"
# Questions whose answers are kept in the history and never enter process data.
_OUTSIDE_DATA: Final = frozenset({"textarea", "file", "filepicker", "attachments"})


@dataclass
class Context:
    """What is checked. `forms` holds None for a form that cannot be read, so that nothing more is said about it."""

    files: Mapping[str, bytes]
    known: Known
    report: Report
    diagrams: list[Diagram] = field(default_factory=list)
    processes: dict[str, Scope] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    decision_files: dict[str, str] = field(default_factory=dict)
    broken_decisions: set[str] = field(default_factory=set)
    forms: dict[str, Mapping[str, str] | None] = field(default_factory=dict)
    long_texts: dict[str, frozenset[str]] = field(default_factory=dict)

    def nodes(self) -> Iterator[tuple[Diagram, Node]]:
        """Yield every flow node with its diagram."""
        for diagram in self.diagrams:
            for node in diagram.nodes():
                yield diagram, node

    def steps(self) -> set[str]:
        """Return the ids of all user tasks."""
        return {node.id for _, node in self.nodes() if node.kind == "userTask"}

    def called(self, node: Node) -> Scope | None:
        """Return the process a call activity calls, if it is among the files."""
        return self.processes.get(reference(node.xml.get("calledElement"))) if node.kind == "callActivity" else None

    def form_key(self, node: Node) -> str:
        """Return the key of a user task's form."""
        return node.camunda("formRef") or node.camunda("formKey") or node.id


def read_files(files: Mapping[str, bytes], known: Known, report: Report) -> Context:
    """Read every file into a context, noting those that cannot be read."""
    context = Context(files, known, report)
    for file in sorted(files):
        if file.endswith(".bpmn"):
            _read_bpmn(context, file)
        elif file.endswith(".dmn"):
            _read_dmn(context, file)
        elif file.endswith(".form"):
            _read_form(context, file)
        else:
            report.add("unknown-file", file, name=file)
    return context


def _read_bpmn(context: Context, file: str) -> None:
    try:
        root = safe_parse(context.files[file], file)
    except XmlError as error:
        context.report.add("xml", file, line=error.line, as_code=error.code, message=str(error), english=error.english)
        return
    if root.tag != DEFINITIONS:
        context.report.add("not-bpmn", file, line=1)
        return
    diagram = read_diagram(root, file)
    context.diagrams.append(diagram)
    for process in diagram.processes:
        other = context.processes.setdefault(process.id, process)
        if other is not process and process.id:
            context.report.add("duplicate-process", file, process, key=process.id, other=other.diagram.file)


def _read_dmn(context: Context, file: str) -> None:
    try:
        decisions = parse_dmn(context.files[file], file)
    except DecisionError as error:
        for fault in error.faults:
            context.broken_decisions.add(fault.element_id)
            context.report.add(
                "decision",
                file,
                _FaultPlace(fault),
                as_code=fault.code,
                message=fault.message,
                english=fault.english,
            )
        # The decisions of a file with faults are not known one by one: nothing is said about references to them.
        context.broken_decisions.update(_ids(context.files[file]))
        return
    for key, decision in decisions.items():
        if key in context.decisions:
            context.report.add("duplicate-decision", file, decision, decision=key, other=context.decision_files[key])
            continue
        context.decisions[key] = decision
        context.decision_files[key] = file


def _ids(content: bytes) -> set[str]:
    try:
        return {str(element.get("id")) for element in safe_parse(content, "").iter() if element.get("id")}
    except XmlError:
        return set()


def _read_form(context: Context, file: str) -> None:
    key = file.rsplit("/", 1)[-1].removesuffix(".form")
    content = context.files[file]
    context.forms[key] = None
    try:
        context.forms[key] = dict(context.known.fields(content))
    except ValueError as error:
        for message, english in _sentences(error):
            context.report.add("bad-form", file, message=message, english=english)
    except Exception as error:  # noqa: BLE001 - the forms compiler is the host's; whatever it raises is a problem
        reason = f"{type(error).__name__}: {error}"[:200]
        context.report.add("form-failed", file, message=reason, english=reason)
    context.long_texts[key] = _long_texts(content)


def _sentences(error: ValueError) -> list[tuple[str, str]]:
    """Take apart the list of what is wrong with a form."""
    problems = getattr(error, "problems", None)
    if problems is None:
        first = error.args[0] if error.args else str(error)
        problems = first if isinstance(first, list | tuple) else [first]
    sentences: list[tuple[str, str]] = []
    for problem in problems:
        where = str(getattr(problem, "place", ""))
        message = f"{where} {getattr(problem, 'message', problem)}".strip()
        sentences.append((message, f"{where} {getattr(problem, 'message_en', problem)}".strip()))
    return sentences or [(str(error), str(error))]


def _long_texts(content: bytes) -> frozenset[str]:
    """Find the keys of questions whose answers never enter process data, in whatever groups they stand."""
    found: set[str] = set()
    try:
        stack: list[Any] = [json.loads(content)]
    except (ValueError, RecursionError):
        return frozenset()
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            if each.get("type") in _OUTSIDE_DATA and isinstance(each.get("key"), str):
                found.add(each["key"])
            stack.extend(each.values())
    return frozenset(found)


@dataclass(frozen=True)
class _FaultPlace:
    """Where a fault of a decision file is."""

    fault: Fault

    @property
    def id(self) -> str:
        return self.fault.element_id

    @property
    def name(self) -> str:
        return self.fault.element_name

    @property
    def line(self) -> int:
        return self.fault.line
