"""Rules of the BPMN 2.0 standard (OMG formal/2013-12-09) about data elements: sets, associations, states, pools.

Data elements have no effect here, but a file that breaks the standard is read differently by every tool: it is refused.
Their types are looked at in `standard_items`.
"""

from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import SCOPES, Diagram, Element, local, reference

_DRAWN: Final = frozenset({"group", "textAnnotation", "association"})
_SETS: Final = (
    ("dataInput", "inputSet", "dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
    ("dataOutput", "outputSet", "dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
)


def check_data(context: Context) -> None:
    """Check the data elements of all diagrams."""
    for diagram in context.diagrams:
        for element in diagram.xml.iter():
            kind = local(element)
            if kind == "ioSpecification":
                _check_sets(context, diagram, element)
                _check_set_references(context, diagram, element)
            elif kind in SCOPES and Element(element).children("ioSpecification"):
                message = "子流程不能有 ioSpecification"
                _say(context, diagram, Element(element), message, "a sub-process takes no ioSpecification")
            elif kind in ("dataInputAssociation", "dataOutputAssociation"):
                _check_association(context, diagram, element)
            elif kind == "dataObjectReference":
                _check_state(context, diagram, element)
            elif kind == "participant":
                _check_multiplicity(context, diagram, element)
            elif kind == "messageFlow":
                _check_message_ends(context, diagram, element)


def _check_sets(context: Context, diagram: Diagram, specification: Any) -> None:
    """Clause 10.3.1: every input is in a set; an optional one is also in the set it is optional in."""
    inside = Element(specification)
    for kind, set_kind, refs, further in _SETS:
        sets = [Element(each) for each in inside.children(set_kind)]
        listed = {reference(each.text) for one in sets for each in one.children(refs)}
        for data in inside.children(kind):
            if str(data.get("id")) not in listed:
                _say(
                    context, diagram, Element(data), f"{kind} 不在任何 {set_kind} 里", f"the {kind} is in no {set_kind}"
                )
        for one in sets:
            own = {reference(each.text) for each in one.children(refs)}
            for each in one.children(*further):
                if reference(each.text) not in own:
                    data = Element(diagram.ids.get(reference(each.text), specification))
                    message = f"{local(each)} 里的“{each.text}”不在同一个 {set_kind} 的 {refs} 里"
                    _say(context, diagram, data, message, f"{local(each)} names {each.text}, which {refs} does not")


def _check_set_references(context: Context, diagram: Diagram, specification: Any) -> None:
    """Clause 10.3.1: an input set names an output set exactly when that names it."""
    inside = Element(specification)
    sets = {tag: {str(each.get("id")): each for each in inside.children(tag)} for tag in ("inputSet", "outputSet")}
    for tag, refs, other, back in (
        ("inputSet", "outputSetRefs", "outputSet", "inputSetRefs"),
        ("outputSet", "inputSetRefs", "inputSet", "outputSetRefs"),
    ):
        for key, one in sets[tag].items():
            for named in Element(one).children(refs):
                target = sets[other].get(reference(named.text))
                listed = Element(target).children(back) if target is not None else []
                if key not in {reference(each.text) for each in listed}:
                    message = f"{refs} 指向“{named.text}”，对方的 {back} 却没有指回来"
                    english = f"its {refs} names {named.text}, whose {back} does not name it"
                    _say(context, diagram, Element(one), message, english)


def _check_association(context: Context, diagram: Diagram, element: Any) -> None:
    """Clause 10.3.1: several sources need a transformation; else what is joined has one item type."""
    inside = Element(element)
    sources = inside.children("sourceRef")
    if len(sources) > 1 and not inside.children("transformation"):
        _say(context, diagram, inside, "有几个来源，却没有转换", "it has several sources and no transformation")


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
        _say(context, diagram, Element(element), f"名称应写作“{wanted}”", f"its name should be {wanted}")


def _check_multiplicity(context: Context, diagram: Diagram, element: Any) -> None:
    for each in Element(element).children("participantMultiplicity"):
        least, most = str(each.get("minimum") or "0"), str(each.get("maximum") or "1")
        if not least.isdecimal() or not most.isdecimal() or int(least[:9]) > int(most[:9]) or int(most[:9]) < 1:
            message = f"参与者的数目 {least}–{most} 不对"
            _say(context, diagram, Element(element), message, f"{least} to {most} is no number of participants")


def _check_message_ends(context: Context, diagram: Diagram, element: Any) -> None:
    for attribute in ("sourceRef", "targetRef"):
        target = diagram.ids.get(reference(element.get(attribute)))
        if target is not None and local(target) in _DRAWN:
            kind = local(target)
            for place in (Element(element), Element(target)):
                _say(context, diagram, place, f"消息流不能连到 {kind}", f"a message flow cannot end at a {kind}")


def _say(context: Context, diagram: Diagram, place: Element, message: str, english: str) -> None:
    context.report.add("standard", diagram.file, place, message=message, english=english)
