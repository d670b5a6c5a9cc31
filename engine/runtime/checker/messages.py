"""Every sentence of the checker, by code: what is wrong and what to do, in Chinese and English.

Each entry: severity (E or W), message, English message, remedy, English remedy. Braces take the values of the finding.
"""

from typing import Final

Entry = tuple[str, str, str, str, str]

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
FILES: Final[dict[str, Entry]] = {
    "checker-failed": (
        "E", "检查“{name}”时出了意外：{reason}", "the checker itself failed on {name}: {reason}",
        "请把这个文件交给系统管理员。", "Hand this file to the system administrator.",
    ),
    "unknown-file": (
        "W", "文件“{name}”不会被用到", "the file {name} is not used",
        "流程放 processes/*.bpmn，决策放 processes/*.dmn，表单放 forms/*.form。",
        "Processes are processes/*.bpmn, decisions processes/*.dmn, forms forms/*.form.",
    ),
    "xml": (
        "E", "{message}", "{english}",
        "请用流程编辑器重新保存这个文件。", "Save the file again with a BPMN or DMN editor.",
    ),
    "not-bpmn": (
        "E", "这不是 BPMN 2.0 文件", "this is no BPMN 2.0 file",
        "请用流程编辑器导出 BPMN 2.0 文件。", "Export BPMN 2.0 from the editor.",
    ),
    "no-process": (
        "E", "文件里没有流程", "the file holds no process",
        "请在文件里画一个流程。", "Draw a process in the file.",
    ),
    "not-executable": (
        "E", "流程没有标为可执行", "the process is not marked as executable",
        "在流程的属性里勾选“可执行”。", "Tick Executable in the properties of the process.",
    ),
    "several-processes": (
        "E", "一个文件只能有一个可执行的流程，这里还有“{other}”",
        "a file holds one executable process only; there is also {other}",
        "把另一个流程放进自己的文件，用调用活动连起来。", "Move the other process to a file of its own and call it.",
    ),
    "too-large": (
        "E", "流程有 {count} 个元素，最多 {most} 个", "the process has {count} elements, at most {most} are allowed",
        "把一部分放进另一个流程，用调用活动调用。", "Move a part to a process of its own and call it.",
    ),
    "duplicate-process": (
        "E", "流程 id“{key}”在文件 {other} 里已经有了", "the process id {key} is already used in {other}",
        "给其中一个流程换一个 id。", "Give one of the processes another id.",
    ),
    "duplicate-id": (
        "E", "id“{key}”用了不止一次", "the id {key} is used more than once",
        "给其中一个元素换一个 id。", "Give one of the elements another id.",
    ),
    "missing-id": (
        "E", "{kind} 没有 id", "{kind} has no id",
        "给它一个 id。", "Give it an id.",
    ),
    "import": (
        "E", "引用了别的文件：{location}", "another file is imported: {location}",
        "部署里的文件互不引入；调用别的流程请用调用活动。",
        "Files of a deployment import nothing; use a call activity.",
    ),
}

REFERENCES: Final[dict[str, Entry]] = {
    "unknown-reference": (
        "E", "{attribute} 指向的“{target}”不存在", "{attribute} names {target}, which does not exist",
        "重新连接，或删除这个元素。", "Connect it again or delete it.",
    ),
    "wrong-reference": (
        "E", "{attribute} 指向的“{target}”不是{wanted}", "{attribute} names {target}, which is no {wanted_en}",
        "改为指向{wanted}。", "Let it name a {wanted_en}.",
    ),
    "flow-end": (
        "E", "顺序流没有{which}，或{which}不在同一个流程里", "the sequence flow has no {which_en} in its own scope",
        "重新连接这条线；跨流程请用消息流或调用活动。", "Connect the flow again; between processes use a message.",
    ),
    "flow-listed": (
        "E", "{direction}里写的“{target}”与图中的连线不符",
        "its {direction_en} names {target}, which does not fit the flows",
        "请用流程编辑器重新保存。", "Save the diagram again with the editor.",
    ),
    "not-attached": (
        "E", "边界事件没有附在任何活动上", "the boundary event is attached to no activity",
        "把它拖到一个任务的边上。", "Attach it to a task.",
    ),
    "default-flow": (
        "E", "默认流“{target}”不是它自己的出线", "the default flow {target} does not leave this element",
        "重新指定默认流。", "Choose the default flow again.",
    ),
    "default-condition": (
        "E", "默认流上有条件", "the default flow has a condition",
        "删除条件，或不要把它设为默认流。", "Remove the condition, or make another flow the default.",
    ),
}

STRUCTURE: Final[dict[str, Entry]] = {
    "no-start": (
        "E", "没有开始事件", "there is no start event",
        "加一个开始事件。", "Add a start event.",
    ),
    "several-starts": (
        "E", "有不止一个开始事件", "there is more than one start event",
        "只留一个开始事件，用网关分路。", "Keep one start event and branch with a gateway.",
    ),
    "no-end": (
        "E", "没有结束事件", "there is no end event",
        "加一个结束事件。", "Add an end event.",
    ),
    "start-incoming": (
        "E", "开始事件不能有进线", "a start event takes no incoming flow",
        "把这条线接到开始事件之后的元素。", "Connect the flow to the element after the start event.",
    ),
    "end-outgoing": (
        "E", "结束事件不能有出线", "an end event has no outgoing flow",
        "改成中间事件，或删除出线。", "Make it an intermediate event or remove the flow.",
    ),
    "boundary-incoming": (
        "E", "边界事件不能有进线", "a boundary event takes no incoming flow",
        "把这条线接到别的元素。", "Connect the flow elsewhere.",
    ),
    "unreachable": (
        "E", "从开始事件走不到这里", "it cannot be reached from a start event",
        "接上进线，或删除它。", "Connect it or delete it.",
    ),
    "dead-end": (
        "E", "走到这里就断了：没有出线", "the process stops here: nothing leaves it",
        "接到下一个元素，或接一个结束事件。", "Connect it to the next element or to an end event.",
    ),
    "never-ends": (
        "E", "从这里走不到任何结束事件", "no end event can be reached from here",
        "给这一圈加一条出路。", "Add a way out of this loop.",
    ),
    "endless-loop": (
        "E", "这一圈里没有人工任务、定时器或消息，会无休止地转：{path}",
        "this loop waits for nothing and would turn for ever: {path}",
        "在圈里加一个人工任务或定时器。", "Put a user task or a timer into the loop.",
    ),
    "implicit-split": (
        "E", "有 {count} 条出线，却不是网关", "{count} flows leave it, but it is no gateway",
        "在它后面加一个网关：同时走用并行网关，选一条用排他网关。",
        "Add a gateway behind it: parallel to take all flows, exclusive to choose one.",
    ),
    "condition-ignored": (
        "E", "这条线从{source}出来，上面的条件不会起作用",
        "the flow leaves {source_en}, where its condition means nothing",
        "加一个排他网关，把条件放在网关的出线上。", "Add an exclusive gateway and put the condition on its flows.",
    ),
    "no-condition": (
        "E", "网关的这条出线没有条件，也不是默认流",
        "this flow of the gateway has no condition and is not its default",
        "写上条件，或把它设为默认流。", "Give it a condition or make it the default flow.",
    ),
    "no-default": (
        "E", "网关没有默认流：所有条件都不成立时无路可走",
        "the gateway has no default flow for when no condition holds",
        "把其中一条出线设为默认流。", "Make one of its flows the default.",
    ),
    "single-gateway": (
        "E", "网关既不分路也不汇合", "the gateway neither splits nor joins",
        "删除这个网关，或接上缺的连线。", "Remove the gateway or connect the missing flows.",
    ),
    "event-gateway": (
        "E", "事件网关后面不能接{target}", "{target_en} cannot follow an event-based gateway",
        "只接消息、定时中间事件或接收任务，至少两条，不写条件。",
        "Connect message or timer catch events or receive tasks only, at least two, without conditions.",
    ),
}

ELEMENTS: Final[dict[str, Entry]] = {
    "unsupported": (
        "E", "不支持{what}", "{what_en} is not supported",
        "{instead}", "{instead_en}",
    ),
    "standard": (
        "E", "{message}", "{english}",
        "请按 BPMN 2.0 标准修改。", "Change it as the BPMN 2.0 standard says.",
    ),
    "reserved-id": (
        "E", "id“{key}”是保留的名称", "the id {key} is reserved",
        "换一个 id；流程数据里 {key} 已有别的含义。",
        "Choose another id; in process data {key} means something else.",
    ),
    "id-not-a-name": (
        "W", "id“{key}”不能写进表达式", "the id {key} cannot be written in an expression",
        "id 只用字母、汉字、数字和下划线，不以数字或下划线开头。",
        "Use letters, digits and underscores only, beginning with a letter.",
    ),
}

TASKS: Final[dict[str, Entry]] = {
    "unknown-form": (
        "E", "没有表单 forms/{form}.form", "there is no form forms/{form}.form",
        "新建这个表单，或改正表单名称。", "Create the form or correct its name.",
    ),
    "bad-form": (
        "E", "表单有错：{message}", "the form is wrong: {english}",
        "在表单编辑器里改正。", "Correct it in the form editor.",
    ),
    "form-failed": (
        "E", "表单无法读取：{message}", "the form cannot be read: {english}",
        "在表单编辑器里改正。", "Correct it in the form editor.",
    ),
    "no-role": (
        "E", "没有写明由谁办理", "nothing says who does it",
        "放进一个泳道，或填写候选组（camunda:candidateGroups）。", "Put it into a lane or fill in candidate groups.",
    ),
    "unknown-role": (
        "E", "没有“{role}”这个角色", "there is no role {role}",
        "可用的角色：{roles}。", "Roles: {roles}.",
    ),
    "role-without-holder": (
        "W", "没有人担任角色“{role}”", "no officer holds the role {role}",
        "先把这个角色交给某个人。", "Give the role to an officer first.",
    ),
    "no-time-limit": (
        "W", "没有办理期限", "it has no time limit",
        "填写到期时间（camunda:dueDate），或加一个边界定时器。", "Fill in camunda:dueDate or attach a timer.",
    ),
    "unknown-excluded": (
        "E", "回避的环节“{step}”不存在", "the excluded step {step} does not exist",
        "excludes 里写人工任务的 id，用逗号隔开。", "Write ids of user tasks in excludes, with commas.",
    ),
    "no-service": (
        "E", "没有写明调用哪个服务", "nothing says which service is called",
        "填写 camunda:delegateExpression，例如 ${{remind}}。",
        "Fill in camunda:delegateExpression, such as ${{remind}}.",
    ),
    "unknown-service": (
        "E", "没有“{service}”这个服务", "there is no service {service}",
        "可用的服务：{services}。", "Services: {services}.",
    ),
    "missing-parameter": (
        "E", "服务“{service}”缺少参数 {parameter}", "the service {service} needs the parameter {parameter}",
        "在输入参数里加上 {parameter}。", "Add the input parameter {parameter}.",
    ),
    "unknown-parameter": (
        "E", "服务“{service}”没有参数 {parameter}", "the service {service} has no parameter {parameter}",
        "它的参数：{parameters}。", "Its parameters: {parameters}.",
    ),
    "no-decision": (
        "E", "没有写明用哪个决策", "nothing says which decision is taken",
        "填写 camunda:decisionRef。", "Fill in camunda:decisionRef.",
    ),
    "unknown-decision": (
        "E", "没有决策“{decision}”", "there is no decision {decision}",
        "可用的决策：{decisions}。", "Decisions: {decisions}.",
    ),
    "duplicate-decision": (
        "E", "决策 id“{decision}”在文件 {other} 里已经有了",
        "the decision id {decision} is already used in {other}",
        "给其中一个决策换一个 id。", "Give one of the decisions another id.",
    ),
    "decision": (
        "E", "{message}", "{english}",
        "在决策表编辑器里改正。", "Correct it in the decision table editor.",
    ),
    "no-called-process": (
        "E", "没有写明调用哪个流程", "nothing says which process is called",
        "填写被调用元素（calledElement）。", "Fill in calledElement.",
    ),
    "unknown-process": (
        "E", "没有流程“{process}”", "there is no process {process}",
        "可调用的流程：{processes}。", "Processes: {processes}.",
    ),
    "recursion": (
        "E", "调用活动互相调用，成了圈：{path}", "call activities call each other in a circle: {path}",
        "去掉其中一个调用；要重做请画回路。", "Remove one call; draw a loop to repeat work.",
    ),
    "no-message": (
        "E", "没有写明等哪个消息", "nothing says which message it waits for",
        "指定一个有名称的消息。", "Choose a message that has a name.",
    ),
}

FORMULAS: Final[dict[str, Entry]] = {
    "expression": (
        "E", "{place}“{text}”写错了：{reason}", "{place_en} {text}: {reason_en}",
        "改正表达式。", "Correct the expression.",
    ),
    "mixed-text": (
        "E", "{place}“{text}”：${{…}} 只能单独使用，不能夹在文字里", "{place_en} {text}: ${{…}} must stand alone",
        "整个写成一个表达式，例如 ${{'文字' + a.b}}。",
        "Write all of it as one expression, such as ${{'text' + a.b}}.",
    ),
    "unknown-function": (
        "E", "{place}“{text}”用了没有的函数 {function}", "{place_en} {text} calls {function}, which does not exist",
        "可用的函数：{functions}。", "Functions: {functions}.",
    ),
    "unset-variable": (
        "E", "{place}“{text}”用到变量 {variable}，走到这里时没有任何环节给过它值",
        "{place_en} {text} uses {variable}, which nothing on the way here sets",
        "检查拼写；变量由表单字段、服务或决策给出，写作“环节.字段”。",
        "Check the spelling; form fields, services and decisions set variables, written step.field.",
    ),
    "sometimes-unset": (
        "E", "{place}“{text}”用到变量 {variable}，有的路径上没有值：{path}",
        "{place_en} {text} uses {variable}, which has no value on this path: {path}",
        "让每条路径都给它值，或先用 defined({variable}) 判断。",
        "Set it on every path, or ask defined({variable}) first.",
    ),
    "text-field": (
        "E", "{place}“{text}”用到 {variable}，它是长文字或文件，不进入流程数据",
        "{place_en} {text} uses {variable}, a long text or file, which is not process data",
        "改用下拉、单选、数字或日期字段来判断。", "Decide by a choice, number or date field instead.",
    ),
    "timer-empty": (
        "E", "定时器没有写时间", "the timer says no time",
        "填写时长（P3D、3工作日）、日期或周期。", "Fill in a duration (P3D, 3工作日), a date or a cycle.",
    ),
    "timer-several": (
        "E", "定时器只能写时长、日期、周期中的一种", "a timer takes a duration, a date or a cycle, not several",
        "只留一种。", "Keep one of them.",
    ),
    "timer": (
        "E", "{place}“{text}”不是有效的时间", "{place_en} {text} is no valid time",
        "例如 P3D、PT8H、3工作日、4工作小时、2026-03-01T09:00:00+08:00，周期 R/P1D，或 ${{…}}。",
        "Such as P3D, PT8H, 3工作日, 4工作小时, 2026-03-01T09:00:00+08:00, the cycle R/P1D, or ${{…}}.",
    ),
}

CATALOGUE: Final[dict[str, Entry]] = {**FILES, **REFERENCES, **STRUCTURE, **ELEMENTS, **TASKS, **FORMULAS}
