"""Everything the rules look at: the diagrams, decisions and forms of one set of files, and what the host knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from engine.runtime.checker.known import Known
from engine.runtime.checker.model import Diagram, Node, Scope
from engine.runtime.checker.questions import Questions, read_questions
from engine.runtime.checker.reading import read_diagram
from engine.runtime.checker.report import Report
from engine.runtime.decisions import Decision, DecisionError, Fault, parse_dmn
from engine.runtime.xml import XmlError, safe_parse

DEFINITIONS: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"


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
    questions: dict[str, Questions] = field(default_factory=dict)

    @cached_property
    def choices(self) -> dict[str, list[Any]]:
        """All `step.field` of user tasks whose answer is one of a fixed list, with the list."""
        found: dict[str, list[Any]] = {}
        for _, node in self.nodes():
            questions = self.questions.get(self.form_key(node)) if node.kind in ("userTask", "manualTask") else None
            if questions is not None:
                found.update({f"{node.id}.{key}": values for key, values in questions.choices.items()})
        return found

    @cached_property
    def callers(self) -> dict[Scope, list[Node]]:
        """The call activities of each process that is called."""
        found: dict[Scope, list[Node]] = {}
        for _, node in self.nodes():
            called = self.called(node)
            if called is not None:
                found.setdefault(called, []).append(node)
        return found

    def nodes(self) -> Iterator[tuple[Diagram, Node]]:
        """Yield every flow node with its diagram."""
        for diagram in self.diagrams:
            for node in diagram.nodes():
                yield diagram, node

    def steps(self) -> set[str]:
        """Return the ids of all user tasks."""
        return {node.id for _, node in self.nodes() if node.kind in ("userTask", "manualTask")}

    def called(self, node: Node) -> Scope | None:
        """Return the process a call activity calls, if it is among the files."""
        key = str(node.xml.get("calledElement") or "").strip()
        return self.processes.get(key) if node.kind == "callActivity" else None

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
        for message, english in form_sentences(error):
            context.report.add("bad-form", file, message=message, english=english)
    except Exception as error:  # noqa: BLE001 - the forms compiler is the host's; whatever it raises is a problem
        reason = str(error) if type(error).__name__ == "FormFailed" else f"{type(error).__name__}: {error}"[:200]
        context.report.add("form-failed", file, message=reason, english=reason)
    context.questions[key] = read_questions(content)
    context.long_texts[key] = context.questions[key].long_texts


def form_sentences(error: ValueError) -> list[tuple[str, str]]:
    """Return what is wrong with a form: pairs of a Chinese and an English sentence."""
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
