"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09, clauses 8.3, 10.3 and 10.5) about the types of data.

What is joined, called, sent or caught has the type of what it is joined with. Types are compared by the structure an
item definition names, or by the definition itself when it names none; where one is not given, nothing is said.
"""

from collections.abc import Iterator
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import SCOPES, Diagram, Element, Node, local, reference

# What an event definition names, and the attribute of that by which it says what it carries.
_CARRIED: Final = {
    "message": "itemRef",
    "error": "structureRef",
    "signal": "structureRef",
    "escalation": "structureRef",
}
_MESSAGE_TASKS: Final = {"sendTask": "dataInput", "receiveTask": "dataOutput"}
_IO: Final = ("dataInput", "dataOutput", "inputSet", "outputSet")
_POINTS: Final = {"dataObjectReference": "dataObjectRef", "dataStoreReference": "dataStoreRef"}
_LOOPS: Final = (("loopDataInputRef", "inputDataItem"), ("loopDataOutputRef", "outputDataItem"))


def check_items(context: Context) -> None:
    """Check the types of data of all diagrams."""
    for diagram in context.diagrams:
        for element in diagram.xml.iter():
            kind = local(element)
            if kind in ("dataObject", "dataInput", "dataOutput"):
                _check_collection(context, diagram, element)
            elif kind in ("dataInputAssociation", "dataOutputAssociation"):
                _check_joined(context, diagram, element)
            elif kind == "supportedInterfaceRef":
                _check_bindings(context, diagram, Element(element.getparent()))
        for node in diagram.nodes():
            _check_event(context, diagram, node)
            _check_task(context, diagram, node)
            _check_call(context, diagram, node)
            _check_loop(context, diagram, node)


def structure_of(diagram: Diagram, item: str) -> str:
    """Return what tells the type of an item definition; empty for none."""
    definition = diagram.ids.get(item)
    structure = str(definition.get("structureRef") or "") if definition is not None else ""
    return structure or (f"#{item}" if item else "")


def _type_of(diagram: Diagram, key: str) -> str:
    """Return the type of a data element or of what a reference to one points at; empty when it has none."""
    element = diagram.ids.get(key)
    if element is None:
        return ""
    item = reference(element.get("itemSubjectRef"))
    if not item and local(element) in _POINTS:
        return _type_of(diagram, reference(element.get(_POINTS[local(element)])))
    return structure_of(diagram, item)


def _check_collection(context: Context, diagram: Diagram, element: Any) -> None:
    definition = diagram.ids.get(reference(element.get("itemSubjectRef")))
    if definition is None or local(definition) != "itemDefinition":
        return
    if _is_true(element, "isCollection") != _is_true(definition, "isCollection"):
        message = f"isCollection 与它的数据定义“{definition.get('id')}”不一致"
        _say(context, diagram, Element(element), message, f"its isCollection is not that of {definition.get('id')}")


def _check_joined(context: Context, diagram: Diagram, element: Any) -> None:
    inside = Element(element)
    if inside.children("transformation", "assignment"):
        return
    ends = [reference(each.text) for each in inside.children("sourceRef", "targetRef")]
    types = [found for end in ends if (found := _type_of(diagram, end))]
    if len(ends) == len(types) and len(set(types)) > 1:
        message = "两端的数据类型不同，又没有转换"
        _say(context, diagram, inside, message, "its ends have different types and there is no transformation")


def _check_bindings(context: Context, diagram: Diagram, callable_element: Element) -> None:
    """Clause 8.3.4: what is offered as a service binds its data to the operations of its interface."""
    bindings = callable_element.children("ioBinding")
    if not bindings:
        message = "声明了接口（supportedInterfaceRef），却没有写数据与操作的对应（ioBinding）"
        _say(
            context, diagram, callable_element, message, "it supports an interface but binds no data to it (ioBinding)"
        )
    for binding in bindings:
        operation = diagram.ids.get(reference(binding.get("operationRef")))
        if operation is None:
            continue  # an operation that is not there is noted with the references
        for attribute, child in (("inputDataRef", "inMessageRef"), ("outputDataRef", "outMessageRef")):
            bound = _bound_types(diagram, reference(binding.get(attribute)))
            wanted = _message_type(diagram, operation, child)
            if wanted and wanted not in bound:
                message = f"ioBinding 的 {attribute} 与操作的 {child} 类型不符"
                english = f"the {attribute} of its ioBinding has not the type of the operation's {child}"
                _say(context, diagram, callable_element, message, english)


def _bound_types(diagram: Diagram, key: str) -> set[str]:
    """Return the types of a data element, or of all in a set of them."""
    element = diagram.ids.get(key)
    if element is not None and local(element) in ("inputSet", "outputSet"):
        listed = Element(element).children("dataInputRefs", "dataOutputRefs")
        return {_type_of(diagram, reference(each.text)) for each in listed}
    return {_type_of(diagram, key)}


def _message_type(diagram: Diagram, operation: Any, child: str) -> str:
    for named in Element(operation).children(child):
        message = diagram.ids.get(reference(named.text))
        if message is not None:
            return structure_of(diagram, reference(message.get("itemRef")))
    return ""


def _check_event(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.5.1: one data element for each definition, of the type of what the event throws or catches."""
    data = node.children("dataInput", "dataOutput")
    kinds = node.definitions
    if data and kinds and len(data) != len(kinds):
        message = f"有 {len(data)} 个数据、{len(kinds)} 个触发条件，应一一对应"
        _say(context, diagram, node, message, f"it has {len(data)} data elements for {len(kinds)} event definitions")
    if len(kinds) != 1 or kinds[0] not in _CARRIED:
        return
    kind = kinds[0]
    definition = node.definition(kind)
    target = diagram.ids.get(reference(definition.get(f"{kind}Ref"))) if definition is not None else None
    carried = reference(target.get(_CARRIED[kind])) if target is not None else ""
    if not carried:
        return
    if kind == "message" and node.scope.process.executable and not Element(definition).children("operationRef"):
        message = "消息带有数据（itemRef），事件上却没有写操作（operationRef）"
        _say(context, diagram, node, message, "its message carries an item but the event names no operation for it")
    for each in data:
        item = reference(each.get("itemSubjectRef"))
        if item and structure_of(diagram, item) != structure_of(diagram, carried):
            message = f"事件的数据类型“{item}”与所带的“{carried}”不符"
            _say(context, diagram, node, message, f"its data are {item}, but what it names carries {carried}")


def _check_task(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.3.3: a task that calls an operation or handles a message has one input or output, of its type."""
    operation = diagram.ids.get(reference(node.xml.get("operationRef"))) if node.xml.get("operationRef") else None
    message = diagram.ids.get(reference(node.xml.get("messageRef"))) if node.xml.get("messageRef") else None
    if node.kind == "serviceTask" and operation is not None:
        _at_most_one(context, diagram, node)
        for tag, child in (("dataInput", "inMessageRef"), ("dataOutput", "outMessageRef")):
            wanted = _message_type(diagram, operation, child)
            _same_type(context, diagram, node, tag, wanted)
    elif node.kind in _MESSAGE_TASKS and (message is not None or node.xml.get("operationRef")):
        _at_most_one(context, diagram, node)
        if message is not None:
            wanted = structure_of(diagram, reference(message.get("itemRef")))
            _same_type(context, diagram, node, _MESSAGE_TASKS[node.kind], wanted)


def _at_most_one(context: Context, diagram: Diagram, node: Node) -> None:
    for tag in _IO:
        if len(list(_io(node, tag))) > 1:
            message = f"调用操作或收发消息的任务只能有一个 {tag}"
            _say(context, diagram, node, message, f"with an operation or a message it has one {tag} only")


def _same_type(context: Context, diagram: Diagram, node: Node, tag: str, wanted: str) -> None:
    for each in _io(node, tag):
        if structure_of(diagram, reference(each.get("itemSubjectRef"))) != wanted:
            message = f"{tag} 的类型与消息所带的数据不符"
            _say(context, diagram, node, message, f"the type of its {tag} is not that of the message")


def _check_call(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.3.4: a call has the inputs and outputs of what it calls."""
    if node.kind != "callActivity":
        return
    scope = context.called(node)
    home = scope.diagram if scope is not None else diagram
    called = scope.xml if scope is not None else diagram.ids.get(reference(node.xml.get("calledElement")))
    if called is None:
        return
    theirs = Element(called)
    for tag in _IO:
        mine, other = list(_io(node, tag)), list(_io(theirs, tag))
        if len(mine) != len(other):
            message = f"有 {len(mine)} 个 {tag}，被调用的流程“{theirs.title}”却有 {len(other)} 个"
            english = f"it has {len(mine)} {tag}, what it calls ({theirs.title}) has {len(other)}"
            _say(context, diagram, node, message, english)
        elif tag in ("dataInput", "dataOutput"):
            types = {structure_of(home, reference(each.get("itemSubjectRef"))) for each in other}
            for each in mine:
                own = structure_of(diagram, reference(each.get("itemSubjectRef")))
                if own and own not in types:
                    message = f"{tag}“{each.get('id')}”的类型与被调用的流程“{theirs.title}”不符"
                    english = f"the type of {tag} {each.get('id')} is none of those of {theirs.title}"
                    for place in (node, Element(each)):
                        _say(context, diagram, place, message, english)


def _check_loop(context: Context, diagram: Diagram, node: Node) -> None:
    """Clause 10.3.7: instances are taken from a data input of the activity, one item each."""
    if node.multiple is None or not node.scope.process.executable:
        return
    marker = Element(node.multiple)
    own = {str(each.get("id")) for tag in ("dataInput", "dataOutput") for each in _io(node, tag)}
    for listed, single in _LOOPS:
        for each in marker.children(listed):
            key = reference(each.text)
            if key not in own and node.kind not in SCOPES:
                message = f"{listed} 指向的“{key}”不是这个任务自己的数据"
                _say(context, diagram, node, message, f"its {listed} names {key}, which is no data of this task")
            for item in marker.children(single):
                types = (_type_of(diagram, key), structure_of(diagram, reference(item.get("itemSubjectRef"))))
                if _is_true(item, "isCollection") or (all(types) and types[0] != types[1]):
                    message = f"{single} 应是 {listed} 里的一项，类型却不符"
                    _say(context, diagram, node, message, f"its {single} is not of the type of one of {listed}")


def _io(holder: Element, tag: str) -> Iterator[Any]:
    for specification in holder.children("ioSpecification"):
        yield from Element(specification).children(tag)


def _is_true(element: Any, attribute: str) -> bool:
    return str(element.get(attribute) or "").strip() in ("true", "1")


def _say(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard", diagram.file, place, message=message, english=english)
