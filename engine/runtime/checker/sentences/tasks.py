"""What is said about elements that are not carried out, and about what tasks name."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
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
    "field-unread": (
        "W", "表单字段“{field}”没有谁用到", "nothing uses the form field {field}",
        "用不到就从表单里去掉；要用就写进条件、决策表或服务参数。",
        "Remove it from the form, or use it in a condition, a decision table or a parameter.",
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
}
