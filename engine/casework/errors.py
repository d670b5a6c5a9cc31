"""Why casework refuses something. Each carries a plain Chinese sentence for whoever asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.runtime.errors import NotFound, RuntimeFailure

UNKNOWN_MATTER = "没有找到这件事项。"


def unknown_matter() -> NotFound:
    """Return the one answer for a matter that does not exist and for one that this officer may not know of."""
    return NotFound(UNKNOWN_MATTER)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field: its name in the code, its label in Chinese, a sentence in Chinese."""

    field: str
    label: str
    message: str


class InvalidFacts(RuntimeFailure):
    """What was handed over cannot be taken; ``problems`` names every faulty field."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("；".join(f"{problem.label}：{problem.message}" for problem in problems))
        self.problems = tuple(problems)


class SecretSuspected(RuntimeFailure):
    """The text or a file carries a mark of secrecy; nothing of it was stored.

    Attributes:
        places: where it stood, by the labels of the fields or the names of the files; never what it said.
        kinds: which kinds of marks, as ``rules.secret_marks.REASONS`` names them.

    """

    def __init__(self, places: Sequence[str], kinds: Sequence[str] = ()) -> None:
        super().__init__(
            f"{'、'.join(places)}中有疑似涉密标志，平台没有保存任何内容。请按保密规定通过涉密渠道办理，并报告保密部门。"
        )
        self.places = tuple(places)
        self.kinds = tuple(kinds)


class AlreadyRegistered(RuntimeFailure):
    """The channel delivered this record before.

    Attributes:
        number: the matter it became; None where whoever asked may not know of it.
        matter_id: its id.
        same: whether it also says the same; otherwise somebody has to compare the two.

    """

    def __init__(self, number: str | None, matter_id: int, *, same: bool = True) -> None:
        ending = "" if same else "，但两次的内容不同，请人工核对"
        super().__init__(f"该渠道的这条记录已登记为 {number}{ending}。" if number else "该渠道的这条记录已经登记。")
        self.number = number
        self.matter_id = matter_id
        self.same = same


class NotPermitted(RuntimeFailure):
    """The officer may not do this, and it is no secret that it can be done."""


class LoginRefused(RuntimeFailure):
    """The log-in failed; the sentence does not say whether the account exists."""


class WeakPassword(RuntimeFailure):
    """The new password does not follow the rules; the sentence says which."""
