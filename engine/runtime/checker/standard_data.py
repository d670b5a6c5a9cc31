"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09) about data, items and messages.

Data objects are drawn for people, so most of this keeps no process from running and is a warning; what an event says of
its message, error, signal or escalation must fit.
"""

from collections.abc import Iterator
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Diagram, Element, Node, local, reference

# What an event definition names, and the attribute of that by which it says what it carries.
_CARRIED: Final = {
    "message": "itemRef",
    "error": "structureRef",
    "signal": "structureRef",
    "escalation": "structureRef",
}
_DRAWN: Final = frozenset({"group", "textAnnotation", "association"})
_SETS: Final = (
    ("dataInput", "inputSet", "dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
    ("dataOutput", "outputSet", "dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
)


def check_data(context: Context) -> None:
    """Check the data elements of all diagrams, and what events and messages carry."""
    for diagram in context.diagrams:
        for element in diagram.xml.iter():
            kind = local(element)
            if kind == "ioSpecification":
                _check_sets(context, diagram, element)
            elif kind in ("dataInputAssociation", "dataOutputAssociation"):
                _check_association(context, diagram, element)
            elif kind == "dataObjectReference":
                _check_state(context, diagram, element)
            elif kind == "participant":
                _check_multiplicity(context, diagram, element)
            elif kind == "messageFlow":
                _check_message_ends(context, diagram, element)
        for node in diagram.nodes():
            _check_event_items(context, diagram, node)
            _check_operation(context, diagram, node)


def _check_sets(context: Context, diagram: Diagram, specification: Any) -> None:
    """Clause 10.3.1: every input is in a set; an optional one is also in the set it is optional in."""
    inside = Element(specification)
    for kind, set_kind, refs, further in _SETS:
        sets = [Element(each) for each in inside.children(set_kind)]
        listed = {reference(each.text) for one in sets for each in one.children(refs)}
        for data in inside.children(kind):
            if str(data.get("id")) not in listed:
                _warn(
                    context, diagram, Element(data), f"{kind} 不在任何 {set_kind} 里", f"the {kind} is in no {set_kind}"
                )
        for one in sets:
            own = {reference(each.text) for each in one.children(refs)}
            for each in one.children(*further):
                if reference(each.text) not in own:
                    data = Element(diagram.ids.get(reference(each.text), specification))
                    message = f"{local(each)} 里的“{each.text}”不在同一个 {set_kind} 的 {refs} 里"
                    _warn(context, diagram, data, message, f"{local(each)} names {each.text}, which {refs} does not")


def _check_association(context: Context, diagram: Diagram, element: Any) -> None:
    """Clause 10.3.1: several sources need a transformation; else what is joined has one item type."""
    inside = Element(element)
    sources = inside.children("sourceRef")
    if len(sources) > 1 and not inside.children("transformation"):
        _warn(context, diagram, inside, "有几个来源，却没有转换", "it has several sources and no transformation")


def _check_state(context: Context, diagram: Diagram, element: Any) -> None:
    """Clause 10.3.1: a reference in a state is labelled «name [state]»."""
    state = next((str(each.get("name") or "") for each in Element(element).children("dataState")), "")
    target = diagram.ids.get(reference(element.get("dataObjectRef")))
    if not state or target is None:
        return
    name, ending = Element(element).name, f"[{state}]"
    # No pattern: it would look for the bracket anew from every blank.
    if not name.endswith(ending) or name.removesuffix(ending).rstrip() != Element(target).name:
        wanted = f"{Element(target).name} [{state}]"
        _warn(context, diagram, Element(element), f"名称应写作“{wanted}”", f"its name should be {wanted}")


def _check_multiplicity(context: Context, diagram: Diagram, element: Any) -> None:
    for each in Element(element).children("participantMultiplicity"):
        least, most = str(each.get("minimum") or "0"), str(each.get("maximum") or "1")
        if not least.isdecimal() or not most.isdecimal() or int(least[:9]) > int(most[:9]) or int(most[:9]) < 1:
            message = f"参与者的数目 {least}–{most} 不对"
            _refuse(context, diagram, Element(element), message, f"{least} to {most} is no number of participants")


def _check_message_ends(context: Context, diagram: Diagram, element: Any) -> None:
    for attribute in ("sourceRef", "targetRef"):
        target = diagram.ids.get(reference(element.get(attribute)))
        if target is not None and local(target) in _DRAWN:
            kind = local(target)
            _refuse(
                context, diagram, Element(element), f"消息流不能连到 {kind}", f"a message flow cannot end at a {kind}"
            )


def _check_event_items(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.5.1: the data of an event have the type of what the event throws or catches."""
    for kind, attribute in _CARRIED.items():
        definition = node.definition(kind)
        target = diagram.ids.get(reference(definition.get(f"{kind}Ref"))) if definition is not None else None
        carried = reference(target.get(attribute)) if target is not None else ""
        if not carried or len(node.definitions) > 1:
            continue
        data = node.children("dataInput", "dataOutput")
        if kind == "message" and not data and node.scope.process.executable:
            message = "消息带有数据（itemRef），事件上却没有写数据输入或输出"
            _refuse(context, diagram, node, message, "its message carries an item but the event has no data for it")
        for each in data:
            item = reference(each.get("itemSubjectRef"))
            if item and _structure(diagram, item) != _structure(diagram, carried):
                message = f"事件的数据类型“{item}”与所带的“{carried}”不符"
                _refuse(context, diagram, node, message, f"its data are {item}, but what it names carries {carried}")


def _structure(diagram: Diagram, item: str) -> str:
    definition = diagram.ids.get(item)
    structure = str(definition.get("structureRef") or "") if definition is not None else ""
    return structure or f"#{item}"


def _check_operation(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.3.3: a task that calls an operation has one input for its message and one output for the answer."""
    if node.kind not in ("sendTask", "receiveTask", "serviceTask") or not node.xml.get("operationRef"):
        return
    for tag in ("dataInput", "dataOutput", "inputSet", "outputSet"):
        if len(list(_io(node, tag))) > 1:
            _refuse(
                context, diagram, node, f"调用操作的任务只能有一个 {tag}", f"with an operation it has one {tag} only"
            )


def _io(node: Node, tag: str) -> Iterator[Any]:
    for specification in node.children("ioSpecification"):
        yield from Element(specification).children(tag)


def _refuse(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard", diagram.file, place, message=message, english=english)


def _warn(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard-data", diagram.file, place, message=message, english=english)
