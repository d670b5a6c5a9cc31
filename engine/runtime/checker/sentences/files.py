"""What is said about files, ids and references."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

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
    "schema": (
        "E", "{message}", "{english}",
        "{remedy}", "{remedy_en}",
    ),
    "checker-limit": (
        "E", "检查超过了限额：{what}", "the check went over its limit: {what_en}",
        "把文件分小，或删去多余的内容。", "Split the files or remove what is not needed.",
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
    "trial-parse": (
        "E", "试运行时流程读不出来：{reason}", "the trial could not load the process: {reason}",
        "按提示修改；看不明白请交给系统管理员。", "Change what it says, or hand it to the system administrator.",
    ),
    "trial-stuck": (
        "W", "试运行走到这里走不下去：{reason}（走过：{path}）",
        "the trial could not go on here: {reason} (way: {path})",
        "检查这里用到的数据和条件。", "Check the data and conditions used here.",
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
    "flow-unlisted": (
        "E", "{direction}里没有写上连线“{flow}”，别的元素却写了自己的连线",
        "its {direction_en} does not list the flow {flow}, while other elements list theirs",
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
