"""Rules 002 to 095 of the standard: flows, gateways, activities, and data."""

from typing import Final

from tests.engine.runtime.checker_cases.rule import (
    CALLED,
    END_MESSAGE,
    FORMAL,
    HEARD,
    NOTE,
    NUMBER,
    OBJECT,
    ONE,
    OUT,
    PLAIN,
    SUB,
    SUPPORTS,
    TOLD,
    TWO,
    Rule,
    answering,
    carried,
    io,
    joined,
    loop,
    message,
    pools,
    typed,
    x,
)
from tests.engine.runtime.checker_diagrams import END, START, chain, flow

DATA_RULES: Final = [
    Rule("002", "e", START + '<task id="e"/>' + END + chain("s", "e"), PLAIN),
    Rule("006", "s_n", START + NOTE + END + chain("s", "n", "e"), PLAIN),
    Rule("007", "n_e", START + NOTE + END + chain("s", "n", "e"), PLAIN),
    Rule("008", "mf", PLAIN + NOTE, PLAIN, carried("x", "n"), carried("x", "o")),
    Rule("009", "mf", PLAIN + NOTE, PLAIN, carried("n", "x"), carried("o", "x")),
    Rule(
        "011",
        "x",
        x("intermediateThrowEvent", "<escalationEventDefinition/>"),
        x("intermediateThrowEvent", '<escalationEventDefinition escalationRef="es"/>'),
    ),
    Rule(
        "012 flow",
        "g_e",
        START
        + '<exclusiveGateway id="g" default="g_x"/><task id="x"/>'
        + END
        + chain("s", "g", "x")
        + flow("g", "e", "1 == 1")
        + flow("x", "e"),
        START
        + '<exclusiveGateway id="g" default="g_x"/><task id="x"/>'
        + END
        + chain("s", "g", "x")
        + flow("g", "e", "1 == 1").replace("<conditionExpression>", f"<conditionExpression {FORMAL}>")
        + flow("x", "e"),
    ),
    Rule("012 loop", "x", loop("<loopCardinality>2</loopCardinality>", ""), loop(TWO, "")),
    Rule(
        "013",
        "x",
        x(
            "task",
            typed("one") + '<dataInputAssociation id="as"><targetRef>di</targetRef><assignment>'
            f"<from {FORMAL}/><to {FORMAL}>di</to></assignment></dataInputAssociation>",
        ),
        x(
            "task",
            typed("one") + '<dataInputAssociation id="as"><targetRef>di</targetRef><assignment>'
            f"<from {FORMAL}>1</from><to {FORMAL}>di</to></assignment></dataInputAssociation>",
        ),
    ),
    Rule(
        "017",
        "x",
        START
        + '<parallelGateway id="x" gatewayDirection="Converging"/>'
        + END
        + '<endEvent id="f"/>'
        + ONE
        + flow("x", "f"),
        START
        + '<parallelGateway id="x" gatewayDirection="Diverging"/>'
        + END
        + '<endEvent id="f"/>'
        + ONE
        + flow("x", "f"),
    ),
    Rule("020", "o", OBJECT.format("list", "false") + PLAIN, OBJECT.format("list", "true") + PLAIN),
    Rule(
        "024",
        "x_e",
        PLAIN.replace('id="x_e"', 'id="x_e" isImmediate="false"'),
        PLAIN.replace('id="x_e"', 'id="x_e" isImmediate="true"'),
    ),
    Rule("026", "x", x("task", attributes='default="s_x"'), PLAIN),
    Rule("029", "o", PLAIN, PLAIN, pools("").replace('id="o"/>', NUMBER.format(-1)), pools("")),
    Rule("030", "o", PLAIN, PLAIN, pools("").replace('id="o"/>', NUMBER.format(3)), pools("")),
    Rule(
        "035",
        "p",
        PLAIN,
        PLAIN,
        attributes='isExecutable="true" processType="Public"',
        right_attributes='isExecutable="true" processType="Private"',
    ),
    Rule("037", "x", x("task", attributes='startQuantity="0"'), x("task", attributes='startQuantity="1"')),
    Rule(
        "046",
        "x",
        x(
            "sendTask",
            io('<dataInput id="di" itemSubjectRef="one"/>').replace("<outputSet>", "<inputSet/><outputSet>"),
            'messageRef="m"',
        ),
        x("sendTask", typed("one"), 'messageRef="m"'),
    ),
    Rule("048", "x", x("sendTask", typed("other"), 'messageRef="m"'), x("sendTask", typed("same"), 'messageRef="m"')),
    Rule(
        "050",
        "x",
        x("receiveTask", answering("one").replace("</ioS", "<outputSet/></ioS"), 'messageRef="m"'),
        x("receiveTask", answering("one"), 'messageRef="m"'),
    ),
    Rule(
        "052",
        "x",
        x("receiveTask", answering("other"), 'messageRef="m"'),
        x("receiveTask", answering("one"), 'messageRef="m"'),
    ),
    Rule(
        "063 number",
        "x",
        *[x("callActivity", typed("one"), 'calledElement="q"')] * 2,
        CALLED.format(""),
        CALLED.format(typed("one").replace("di", "qi")),
    ),
    Rule(
        "063 type",
        "di",
        x("callActivity", typed("other"), 'calledElement="q"'),
        x("callActivity", typed("same"), 'calledElement="q"'),
        CALLED.format(typed("one").replace("di", "qi")),
    ),
    Rule("064", "q", PLAIN, PLAIN, CALLED.format(SUPPORTS), CALLED.format("")),
    Rule(
        "065",
        "q",
        PLAIN,
        PLAIN,
        *(
            CALLED.format(
                SUPPORTS + typed(item) + '<ioBinding operationRef="op" inputDataRef="di" outputDataRef="none"/>'
            )
            for item in ("other", "one")
        ),
    ),
    Rule(
        "068",
        "x",
        loop(TWO + "<loopDataInputRef>zz</loopDataInputRef>", typed("one")),
        loop(TWO + "<loopDataInputRef>di</loopDataInputRef>", typed("one")),
    ),
    Rule(
        "070",
        "x",
        loop(
            TWO + '<loopDataInputRef>di</loopDataInputRef><inputDataItem id="it" itemSubjectRef="other"/>', typed("one")
        ),
        loop(
            TWO + '<loopDataInputRef>di</loopDataInputRef><inputDataItem id="it" itemSubjectRef="same"/>', typed("one")
        ),
    ),
    Rule(
        "076",
        "r",
        '<dataObject id="o" name="卷"/><dataObjectReference id="r" name="卷" dataObjectRef="o">'
        '<dataState name="新"/></dataObjectReference>' + PLAIN,
        '<dataObject id="o" name="卷"/><dataObjectReference id="r"'
        ' name="卷 [新]" dataObjectRef="o"><dataState name="新"/></dataObjectReference>' + PLAIN,
    ),
    Rule("079", "x", START + SUB.format(io()) + END + ONE, START + SUB.format("") + END + ONE),
    Rule("084", "di", x("task", io(refs="")), x("task", io())),
    Rule(
        "085",
        "di",
        x("task", io(refs="<optionalInputRefs>di</optionalInputRefs>")),
        x("task", io(refs="<dataInputRefs>di</dataInputRefs><optionalInputRefs>di</optionalInputRefs>")),
    ),
    Rule(
        "087",
        "is",
        x(
            "task",
            io(refs="<outputSetRefs>os</outputSetRefs>", data="")
            .replace("<inputSet>", '<inputSet id="is">')
            .replace("<outputSet>", '<outputSet id="os">'),
        ),
        x(
            "task",
            io(refs="<outputSetRefs>os</outputSetRefs>", data="", output="<inputSetRefs>is</inputSetRefs>")
            .replace("<inputSet>", '<inputSet id="is">')
            .replace("<outputSet>", '<outputSet id="os">'),
        ),
    ),
    Rule("088", "do", x("task", answering("one").replace(OUT, "")), x("task", answering("one"))),
    Rule("091", "as", joined("other"), joined("same")),
    Rule("091 transformed", "as", joined("other"), joined("other", "<transformation>1</transformation>")),
    Rule("092", "as", joined("one").replace("<sourceRef>", "<sourceRef>o</sourceRef><sourceRef>"), joined("one")),
    Rule(
        "093",
        "x",
        x("intermediateCatchEvent", '<dataOutput id="do"/><dataOutput id="d2"/>' + HEARD),
        x("intermediateCatchEvent", '<dataOutput id="do"/>' + HEARD),
    ),
    Rule(
        "094",
        "x",
        x("intermediateCatchEvent", '<dataOutput id="do" itemSubjectRef="other"/>' + HEARD),
        x("intermediateCatchEvent", '<dataOutput id="do" itemSubjectRef="same"/>' + HEARD),
    ),
    Rule(
        "095",
        "md",
        END_MESSAGE + message("y").replace(TOLD, "<eventDefinitionRef>md</eventDefinitionRef>") + chain("s", "y", "x"),
        END_MESSAGE + message("y") + chain("s", "y", "x"),
    ),
]
