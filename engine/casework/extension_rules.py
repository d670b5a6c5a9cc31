"""延期权限: who may put off a matter's deadline or stop its clock, how long and how often; from ``extension.dmn``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.casework.errors import NotPermitted
from engine.casework.permissions import Person, units_of
from engine.runtime import Definition, Runtime
from engine.runtime.decisions import DecisionError

DECISION: Final = "extension"

RANKS: Final[Mapping[str, tuple[str, ...]]] = {
    "instructor": ("instructor", "bureau_leader"),
    "bureau_leader": ("bureau_leader",),
}
"""What the table names as approver -> the roles that may approve it: whoever stands higher may too."""


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """What the table says of a matter.

    Attributes:
        approver: the role that approves.
        longest: how far at most, as ``30日``.
        times: how often; 0 when it may not be put off at all.
        basis: the legal ground.

    """

    approver: str
    longest: str
    times: int
    basis: str

    def allows(self, officer: Person, unit_id: int | None) -> bool:
        """Say whether the officer holds a role in the handling unit that may approve."""
        roles = RANKS.get(self.approver, (self.approver,))
        return unit_id is not None and unit_id in units_of(officer.grants, *roles)


def rule_of(definitions: tuple[Definition, ...], matter: Mapping[str, Any]) -> ExtensionRule:
    """Return the rule for a matter, from the first of the deployments that has the table: its own, else the current.

    ``matter`` is the process variable of that name. Raises NotPermitted when no table or no row says anything.
    """
    table = next((one.decisions[DECISION] for one in definitions if DECISION in one.decisions), None)
    if table is None:
        raise NotPermitted("现行流程没有延期权限表，不能延期或暂停计时。请联系流程管理员。")
    try:
        result = table.decide({"matter": dict(matter)}, {}).result
    except DecisionError as error:
        raise NotPermitted(f"延期权限表没有适用的规则：{error}") from error
    if not isinstance(result, Mapping) or not result.get("approver"):
        raise NotPermitted("延期权限表没有适用于本件的规则。")
    return ExtensionRule(
        str(result["approver"]),
        str(result.get("longest") or ""),
        int(result.get("times") or 0),
        str(result.get("basis") or ""),
    )


def definitions_of(runtime: Runtime, own: int, current: int) -> tuple[Definition, ...]:
    """Return the deployments whose table may count: the instance's own, then the current one."""
    return tuple(runtime.definition(number) for number in dict.fromkeys((own, current)))
