"""Why a change of the keyword table is refused. Each carries a plain Chinese sentence for whoever asked."""

from collections.abc import Sequence

from engine.casework.errors import FieldProblem
from engine.runtime.errors import NotFound, RuntimeFailure
from rules.routing_rules import Rule

UNKNOWN_DRAFT = "没有这份草稿。"


def unknown_draft() -> NotFound:
    """Return the one answer for a draft that does not exist and for one that this officer may not see."""
    return NotFound(UNKNOWN_DRAFT)


class RuleMoved(RuntimeFailure):
    """The rule is no longer what the form showed when it was opened; ``now`` is what it is (None: gone)."""

    def __init__(self, now: Rule | None) -> None:
        super().__init__("您打开这个页面以后，这条规则已经改过。请核对现在的内容，仍要按您填写的保存，就再点一次保存。")
        self.now = now


class CannotPublish(RuntimeFailure):
    """The draft cannot become the table; the sentence says why."""


class FaultyRules(CannotPublish):
    """Rules of the set cannot be used; ``problems`` has (code, problem) for every fault."""

    def __init__(self, problems: Sequence[tuple[str, FieldProblem]]) -> None:
        super().__init__("；".join(f"规则 {code} {problem.label}：{problem.message}" for code, problem in problems))
        self.problems = tuple(problems)


class FaultyTable(RuntimeFailure):
    """A file is no keyword table; ``problems`` has (line, what is wrong), line 0 for the file as a whole."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__("；".join(f"第 {line} 行：{message}" if line else message for line, message in problems))
        self.problems = tuple(problems)
