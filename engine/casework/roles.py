"""The roles of the bureau: what each is called and against which unit of a matter it is held."""

from dataclasses import dataclass
from typing import Literal

Scope = Literal["receiving", "handling", "bureau", "none"]

ANYWHERE = "*"
"""Stands for the unit in the grant of a role that is held in the whole bureau."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role.

    Attributes:
        id: as diagrams and holdings name it.
        name: in Chinese.
        scope: which unit of a matter the holding's unit is compared with; ``bureau`` compares nothing;
            ``none`` has nothing to do with matters.

    """

    id: str
    name: str
    scope: Scope

    @property
    def in_unit(self) -> bool:
        """Whether the role is held in a unit."""
        return self.scope in {"receiving", "handling"}


ROLES: dict[str, Role] = {
    role.id: role
    for role in (
        Role("receiver", "受理员", "receiving"),
        Role("liaison", "专管员", "handling"),
        Role("handler", "承办民警", "handling"),
        Role("instructor", "教导员", "handling"),
        Role("unit_leader", "单位领导", "handling"),
        Role("bureau_leader", "分管局领导", "handling"),
        Role("director", "局长", "bureau"),
        Role("inspector", "督察", "bureau"),
        Role("visitor", "回访员", "bureau"),
        Role("legal", "法制", "bureau"),
        Role("process_owner", "流程管理员", "none"),
        Role("system_admin", "系统管理员", "none"),
        Role("security_admin", "安全管理员", "none"),
        Role("audit_admin", "审计管理员", "none"),
    )
}

UNIT_ROLES = tuple(role.id for role in ROLES.values() if role.in_unit)


def grant(role: str, unit_id: int | None) -> str:
    """Return the candidate string of a role held in a unit, or in the whole bureau: ``handler@7``, ``director@*``.

    Raises ValueError when the role is unknown or lacks the unit it needs.
    """
    known = ROLES.get(role)
    if known is None:
        raise ValueError(f"没有“{role}”这个角色")
    if not known.in_unit:
        return f"{role}@{ANYWHERE}"
    if unit_id is None:
        raise ValueError(f"角色“{known.name}”要说明在哪个单位")
    return f"{role}@{unit_id}"
