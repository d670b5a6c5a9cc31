"""Why a command did not happen. Each carries a plain sentence that an officer may read."""

from collections.abc import Sequence
from datetime import datetime

from engine.runtime.problems import Problem


class RuntimeFailure(Exception):  # noqa: N818 - the family's name; its members say what happened
    """A command was refused or could not be carried out; nothing of it was stored.

    Attributes:
        message: the reason in Chinese, fit to be shown.

    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(RuntimeFailure):
    """There is no such task, instance, process or deployment."""


class Suspended(RuntimeFailure):
    """The instance is suspended: nothing may advance it until it is resumed."""


class InvalidAnswers(RuntimeFailure):
    """The data handed over cannot be stored: not JSON, too large or too deep."""


class CannotAdvance(RuntimeFailure):
    """The process itself is in the way: no flow applies, a value is missing, it never comes to rest.

    Attributes:
        element: the id of the BPMN element where it stopped; empty when it is not one element.
        fatal: whether the whole command fails by it; otherwise what was done before stands and an incident is open.

    """

    def __init__(self, message: str, element: str = "", *, fatal: bool = False) -> None:
        super().__init__(message)
        self.element = element
        self.fatal = fatal


class BpmnError(Exception):
    """A service says that the case took a turn the diagram knows: an error boundary event takes over.

    No failure: what the service has done stays. When nothing in the diagram catches it, the command fails with
    CannotAdvance and nothing is stored.

    Attributes:
        code: the error code, as an ``error`` of the diagram has it.
        message: what happened, for the officer; stored with the code under the catching event's id.

    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


class ClockRefused(RuntimeFailure):
    """A clock cannot be extended, paused or resumed as asked: it stands already, or nothing of it is left."""


class ReasonMissing(RuntimeFailure):
    """Whoever changes a running instance by hand has to say why."""

    def __init__(self) -> None:
        super().__init__("请写明理由。")


class CannotOperate(RuntimeFailure):
    """An instance is not in a state in which this can be done to it by hand, or what was named is not there."""


class KeyReused(RuntimeFailure):
    """An idempotency key was sent with another task than the first time."""

    def __init__(self) -> None:
        super().__init__("这次提交的标识已经用于另一项任务，请刷新页面后重试。")


class Taken(RuntimeFailure):
    """The task is in somebody else's hands.

    Attributes:
        by: whose it is.

    """

    def __init__(self, by: str) -> None:
        super().__init__("这项任务已经由别人领取。")
        self.by = by


class AlreadyDone(RuntimeFailure):
    """The task no longer waits: somebody finished it, or the process went on without it.

    Attributes:
        by: who finished it (the actor's string); empty when the process withdrew it.
        at: when it was finished, UTC; None when the process withdrew it.
        step: the task's step (the user task's id); empty when it is not known.

    """

    def __init__(self, by: str = "", at: datetime | None = None, step: str = "") -> None:
        super().__init__("这项任务已经办结，或者流程已经不再需要它。")
        self.by = by
        self.at = at
        self.step = step


class Refused(RuntimeFailure):
    """A deployment has problems and was not stored.

    Attributes:
        problems: all of them, errors and warnings, in the order of the files.

    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__(f"流程没有部署：发现 {len(errors)} 个错误。")
        self.problems = list(problems)


class Superseded(RuntimeFailure):
    """A later version was deployed since the files at hand were made.

    Attributes:
        version: the latest version's number.

    """

    def __init__(self, version: int) -> None:
        super().__init__("在您修改期间，已经部署了新的版本。")
        self.version = version
