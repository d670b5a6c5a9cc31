# ruff: noqa: SLF001, ARG002, D102 - SpiffWorkflow is extended by overriding its protected members, as they are called
"""What the parsers of all elements have in common."""

from typing import Any, Final

from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from engine.runtime import specs

CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"


def camunda(node: Any, attribute: str) -> str:
    """Return a ``camunda:`` attribute of an element; empty when it has none."""
    return str(node.get(f"{{{CAMUNDA}}}{attribute}") or "").strip()


def extension(node: Any, path: str) -> list[Any]:
    """Return what stands at ``path`` (XPath) in an element's extension elements."""
    found = node.xpath(
        f"./bpmn:extensionElements/{path}",
        namespaces={"camunda": CAMUNDA, "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL"},
    )
    return list(found)


class ElementParser(TaskParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Reads any element: refuses loops and leaves data objects, which are drawn for people, alone.

    Attributes:
        may_repeat: whether the element may be a multi-instance activity.

    """

    may_repeat = False

    @property
    def bpmn_attributes(self) -> dict[str, Any]:
        return {"lane": self.lane, "bpmn_name": self.node.get("name") or self.bpmn_id}

    def get_position(self, node: Any = None) -> dict[str, float]:
        """Return the same place for all: flows are tried in the order of the file, not from top to bottom."""
        return {"x": 0.0, "y": 0.0}

    def parse_node(self) -> Any:
        if self.xpath("./bpmn:standardLoopCharacteristics"):
            self.raise_validation_exception("Loops are not supported")
        if self.xpath("./bpmn:multiInstanceLoopCharacteristics") and not self.may_repeat:
            self.raise_validation_exception("Multiple instances of this element are not supported")
        return super().parse_node()

    def _add_boundary_event(self, children: list[Any]) -> Any:
        split = specs.ActivitySplit(self.spec, f"{self.bpmn_id}.BoundaryEventSplit")
        guard = specs.ActivityGuard(self.spec, f"{self.bpmn_id}.BoundaryEventJoin", split_task=split.name)
        split.connect(self.task)
        self.task.connect(guard)
        for event in children:
            child = self.process_parser.parse_node(event)
            child.activity = self.bpmn_id
            split.connect(child)
            if child.cancel_activity:
                # Ahead of what follows the event, so that the activity is gone when that begins.
                child._outputs.insert(0, guard.name)
                guard._connect_notify(child)
        return split
