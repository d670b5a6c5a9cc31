"""What a deployment means: its processes, steps, decisions and forms, parsed once and kept in the process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.runtime.decisions import Decision, parse_dmn
from engine.runtime.errors import NotFound, Refused
from engine.runtime.multi_instance import MultiInstance
from engine.runtime.parser import DialectParser
from engine.runtime.problems import Problem
from engine.runtime.specs import CallActivity, ProcessSpec, UserTask
from engine.runtime.steps import Step
from engine.runtime.xml import XmlError, safe_parse


@dataclass(frozen=True)
class Definition:
    """One deployment, parsed. Shared by all instances and threads; nothing in it changes.

    Attributes:
        id: the deployment's id.
        files: path to content, as deployed.
        specs: process key to parsed process.
        sources: process key to the path of the file it is drawn in.
        decisions: decision id to decision.
        tables: decision id to the path of the file it is in.
        forms: form key to content.
        processes: process key to its label.

    """

    id: int
    files: Mapping[str, bytes] = field(repr=False)
    specs: Mapping[str, ProcessSpec] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    decisions: Mapping[str, Decision] = field(repr=False)
    tables: Mapping[str, str] = field(repr=False)
    forms: Mapping[str, bytes] = field(repr=False)
    processes: Mapping[str, str]

    def xml(self, process_key: str) -> bytes:
        """Return the BPMN file a process is drawn in. Raises NotFound."""
        path: str = _known(self.sources, process_key, "流程")
        return self.files[path]

    def form(self, form_key: str) -> bytes:
        """Return a form. Raises NotFound."""
        content: bytes = _known(self.forms, form_key, "表单")
        return content

    def steps(self, process_key: str) -> tuple[Step, ...]:
        """Return the user tasks of a process in the order of its flow, then those of its parts. Raises NotFound."""
        spec = _known(self.specs, process_key, "流程")
        return tuple(task.step for task in spec.every() if isinstance(task, UserTask))

    def step(self, process_key: str, step: str) -> Step:
        """Return one user task. Raises NotFound."""
        for found in self.steps(process_key):
            if found.step == step:
                return found
        raise NotFound(f"流程 {process_key} 里没有步骤 {step}。")

    @cached_property
    def repeated(self) -> frozenset[tuple[str, str]]:
        """The user tasks that are done once for each of several things, as (process key, step).

        Those are what stands inside a multi-instance activity, and in a process that is called from there.
        """
        found: set[tuple[str, str]] = set()
        whole: set[str] = set()
        while True:
            before = len(whole)
            for key, spec in self.specs.items():
                for task in spec.every() if key in whole else _repeated_in(spec):
                    if isinstance(task, UserTask):
                        found.add((key, task.step.step))
                    elif isinstance(task, CallActivity):
                        whole.add(task.spec)
            if len(whole) == before:
                return frozenset(found)


def parse_files(deployment_id: int, files: Mapping[str, bytes]) -> Definition:
    """Parse a deployment's files: path to content, ``*.bpmn``, ``*.dmn`` and ``*.form``.

    Raises Refused when a file cannot be parsed or names what is not there; the checker, asked before, says more.
    """
    parser = DialectParser()
    sources: dict[str, str] = {}
    decisions: dict[str, Decision] = {}
    tables: dict[str, str] = {}
    forms: dict[str, bytes] = {}
    for path, content in sorted(files.items()):
        suffix = PurePosixPath(path).suffix
        try:
            if suffix == ".bpmn":
                before = set(parser.process_parsers)
                parser.add_bpmn_xml(safe_parse(content, path), path)
                sources.update(dict.fromkeys(set(parser.process_parsers) - before, path))
            elif suffix == ".dmn":
                found = parse_dmn(content)
                decisions.update(found)
                tables.update(dict.fromkeys(found, path))
            elif suffix == ".form":
                forms[PurePosixPath(path).stem] = content
        except (XmlError, ValueError, ValidationException) as error:
            raise Refused([_problem(path, error)]) from error
    specs: dict[str, ProcessSpec] = {}
    for key, drawn in parser.process_parsers.items():
        if drawn.node.get("isExecutable") not in ("true", "1"):
            continue  # a pool drawn for people
        try:
            specs[key] = parser.get_spec(key)
            for task in specs[key].every():
                task.test()
        except Exception as error:  # SpiffWorkflow's parser dies in many ways
            raise Refused([_problem(sources[key], error)]) from error
    names = {key: str(spec.description or key) for key, spec in specs.items()}
    return Definition(
        id=deployment_id,
        files=MappingProxyType(dict(files)),
        specs=MappingProxyType(specs),
        sources=MappingProxyType(sources),
        decisions=MappingProxyType(decisions),
        tables=MappingProxyType(tables),
        forms=MappingProxyType(forms),
        processes=MappingProxyType(names),
    )


def _repeated_in(spec: ProcessSpec) -> Iterator[Any]:
    for task in spec.every():
        if isinstance(task, MultiInstance):
            yield from task.inner.every()


def _problem(path: str, error: Exception) -> Problem:
    text = str(error) or type(error).__name__
    line = getattr(error, "line_number", 0) or getattr(error, "line", 0) or 0
    return Problem(
        file=path,
        element_id=str(getattr(error, "tag", "") or ""),
        element_name=str(getattr(error, "name", "") or ""),
        line=int(line),
        severity="error",
        code="cannot-be-parsed",
        message=f"文件不能解析：{text}",
        message_en=f"The file cannot be parsed: {text}",
        remedy="请在建模工具里改正后重新部署。",
        remedy_en="Correct it in the modeller and deploy again.",
    )


def _known(of: Mapping[str, Any], key: str, what: str) -> Any:
    try:
        return of[key]
    except KeyError:
        raise NotFound(f"部署里没有{what} {key}。") from None
