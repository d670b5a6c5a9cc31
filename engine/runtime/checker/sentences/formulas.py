"""What is said about expressions, variables and times."""

from typing import Final

from engine.runtime.checker.sentences.entry import Entry

# A sentence and its translation are easier to compare unwrapped.
# fmt: off
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
    "timer-cron": (
        "E", "{place}“{text}”是 cron 表达式，这里不支持",
        "{place_en} {text} is a cron expression, which is not supported",
        "写成 ISO 8601 的周期：每周一 8 点是 R/2026-11-23T08:00+08:00/P7D，每天是 R/P1D。",
        "Write an ISO 8601 cycle: Mondays at 8 are R/2026-11-23T08:00+08:00/P7D, every day is R/P1D.",
    ),
    "timer": (
        "E", "{place}“{text}”不是有效的时间", "{place_en} {text} is no valid time",
        "例如 P3D、PT8H、3工作日、4工作小时、2026-03-01T09:00:00+08:00，周期 R/P1D，或 ${{…}}。",
        "Such as P3D, PT8H, 3工作日, 4工作小时, 2026-03-01T09:00:00+08:00, the cycle R/P1D, or ${{…}}.",
    ),
    "event-unused": (
        "W", "“{host}”自动完成，从不等待，这个事件没有机会触发",
        "{host} finishes by itself and never waits, so the event never comes",
        "把它放到会等待的任务上，或删除它。", "Attach it to a task that waits or remove it.",
    ),
    "timer-unused": (
        "W", "“{host}”自动完成，从不等待，这个定时器没有机会触发",
        "{host} finishes by itself and never waits, so the timer never fires",
        "把定时器放到要等人的环节上，或删除它。", "Attach the timer to something that waits, or remove it.",
    ),
    "timer-past": (
        "W", "时间“{text}”已经过去，一到这里就会触发", "{text} is in the past: the timer fires at once",
        "改为将来的时间，或写时长。", "Use a time in the future or a duration.",
    ),
    "schedule-past": (
        "W", "时间“{text}”已经过去：部署以前的时间不再启动流程，这个开始事件不会触发",
        "{text} is in the past: what fell before the deployment starts nothing",
        "改为将来的时间。", "Use a time in the future.",
    ),
    "timer-too-late": (
        "W", "“{other}”（{length}）先到，就打断了“{host}”，这个定时器（{text}）不会触发",
        "{other} ({length}) interrupts {host} first, so this timer ({text}) never fires",
        "改短这个定时器，或改长打断的那个。", "Make this timer shorter or the interrupting one longer.",
    ),
    "cycle-once": (
        "W", "周期“{text}”写在只触发一次的地方，后面的周期不起作用",
        "the cycle {text} stands where a timer fires once; later periods mean nothing",
        "改用时长；要反复提醒，用不中断的边界定时器。",
        "Use a duration; to repeat, use a non-interrupting boundary timer.",
    ),
    "timer-zero": (
        "E", "{place}“{text}”是零或负的", "{place_en} {text} is zero or negative",
        "写一段大于零的时间，例如 P1D、3工作日，周期 R/P1D。",
        "Use a time above zero, such as P1D, 3工作日, the cycle R/P1D.",
    ),
    "condition-never": (
        "W", "条件“{text}”永远不会成立：能选的只有 {offered}",
        "the condition {text} never holds: the answers offered are {offered_en}",
        "改成表单里有的值，或删除这条线。", "Use a value the form offers, or remove the flow.",
    ),
    "informal-expression": (
        "E", "{what} 只是给人看的说明：可执行流程里的表达式要写明 xsi:type",
        "{what} is a text for people: in an executable process an expression carries its xsi:type",
        '给它加上 xsi:type="tFormalExpression"，或用流程编辑器重新保存。',
        'Add xsi:type="tFormalExpression" to it, or save the diagram again with the editor.',
    ),
    "empty-expression": (
        "E", "{what} 是空的", "{what} is empty",
        "写上表达式，或删除它。", "Write the expression or remove the element.",
    ),
}
