"""The diagrams of files that were checked, with the elements that have problems: they need not be sound, only drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lxml import etree

from engine.runtime import Problem
from engine.runtime.xml import XmlError, safe_parse
from webapp.diagrams import BPMN, Progress, diagram, read

MOST: Final = 6
_PICTURE: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNPlane"


def problem_diagrams(files: Mapping[str, bytes], problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return the files with problems at drawn elements, at most six, for the component `diagram_card`.

    Each also has `file` and `wrong`, the ids of the elements with problems that are in the picture.
    """
    concerned = dict.fromkeys(problem.file for problem in problems if problem.element_id)
    found = (_of(file, files[file], problems) for file in concerned if file in files and file.endswith(".bpmn"))
    return [each for each in found if each is not None][:MOST]


def _of(file: str, content: bytes, problems: Sequence[Problem]) -> dict[str, Any] | None:
    try:
        root = safe_parse(content, file)
    except XmlError:
        return None
    picture = next(root.iter(_PICTURE), None)
    process = next(root.iter(f"{BPMN}process"), None)
    if picture is None or process is None:
        return None
    drawn = {str(each.get("bpmnElement") or "").rpartition(":")[2] for each in picture.iter(etree.Element)}
    wrong = dict.fromkeys(problem.element_id for problem in problems if problem.file == file)
    key = process.get("id") or file
    drawing = read(key, etree.tostring(root, encoding="unicode"))
    return {
        **diagram(drawing, Progress()),
        "key": file,
        "file": file,
        "wrong": [element for element in wrong if element and element in drawn],
    }
