"""What the checker and the deployment say about a diagram, a decision table or a form."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one file, with the place and what to do about it.

    Attributes:
        file: the path inside the deployment, for instance ``processes/matter.bpmn``.
        element_id: the id of the element in the file; empty when the whole file is meant.
        element_name: the label a process owner sees on it; empty when it has none.
        line: the line in the file, from 1; 0 when it is not known.
        severity: ``error`` keeps a deployment from happening, ``warning`` does not.
        code: a stable word for the kind of problem, for instance ``unknown-service``.
        message: what is wrong, Chinese, as process owners read it.
        message_en: the same in English.
        remedy: what to do, Chinese.
        remedy_en: the same in English.

    """

    file: str
    element_id: str
    element_name: str
    line: int
    severity: Severity
    code: str
    message: str
    message_en: str
    remedy: str = ""
    remedy_en: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as a JSON object, its keys being the attributes."""
        return asdict(self)
