"""The people who write: what is taken of them, how it is checked, and how it is shown to those who need not know.

个人信息保护法: no more than is needed, masked unless one's work needs it; every look in full is recorded.
"""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from engine.casework.errors import FieldProblem
from engine.casework.models import Petitioner

LABELS = {
    "name": "姓名",
    "phone": "电话",
    "identity_number": "身份证号",
    "address": "住址",
}
LONGEST = {"name": 100, "phone": 40, "identity_number": 18, "address": 300}

# Digits, or stars where the channel has masked them; separators as people write them.
_PHONE = re.compile(r"\+?[0-9*xX]{3,20}(?:[-转#,，/、 ][0-9*xX]{1,20})*")
_IDENTITY = re.compile(r"[0-9*]{17}[0-9Xx*]|[0-9*]{15}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_WEBSITE_NAMES = re.compile(r"[A-Za-z0-9_*@.-]+")


@dataclass(frozen=True, slots=True)
class PetitionerFacts:
    """What is known of whoever wrote; None where it is not. ``anonymous`` says that they wish not to be named."""

    name: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    address: str | None = None
    anonymous: bool = False


def problems(facts: PetitionerFacts) -> list[FieldProblem]:
    """Return what is wrong with the facts; masked digits (``*``) are accepted as the channel delivered them."""
    found = [
        FieldProblem(field, LABELS[field], f"最多 {limit} 个字")
        for field, limit in LONGEST.items()
        if len(getattr(facts, field) or "") > limit
    ]
    phone, identity = facts.phone, facts.identity_number
    if phone and not _PHONE.fullmatch(phone):
        found.append(FieldProblem("phone", LABELS["phone"], "只能是数字，可以用 - 或“转”接分机号"))
    if identity and not _IDENTITY.fullmatch(identity):
        found.append(FieldProblem("identity_number", LABELS["identity_number"], "应为 18 位（旧证 15 位）"))
    elif identity and not _checksum_fits(identity):
        found.append(FieldProblem("identity_number", LABELS["identity_number"], "校验码不对，请核对有没有抄错"))
    return found


def _checksum_fits(identity: str) -> bool:
    """GB 11643-1999: the last character follows from the 17 before it; unknown where digits are masked."""
    if "*" in identity or len(identity) != len(_WEIGHTS) + 1:
        return True
    total = sum(int(digit) * weight for digit, weight in zip(identity[:-1], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == identity[-1].upper()


def store(connection: Connection, facts: PetitionerFacts) -> int:
    """Store the petitioner of one matter and return the id."""
    values = {field: getattr(facts, field) for field in LABELS}
    nobody = facts.anonymous or not any(values.values())
    stored: int = connection.execute(
        insert(Petitioner).values(anonymous=nobody, **values).returning(Petitioner.id)
    ).scalar_one()
    return stored


def mask_name(name: str | None) -> str:
    """Return the family name with stars: 王*, 李**; a website's user name keeps its ends."""
    if not name:
        return ""
    if _WEBSITE_NAMES.fullmatch(name):
        return f"{name[:1]}***{name[-2:]}" if len(name) > 4 else "***"  # noqa: PLR2004 - shorter ones would be bare
    return name[0] + "*" * min(len(name) - 1, 2)


def mask_number(number: str | None, front: int = 3, back: int = 4) -> str:
    """Return a phone or identity number with its middle replaced by stars."""
    if not number:
        return ""
    if len(number) <= front + back:
        return "*" * len(number)
    return number[:front] + "*" * (len(number) - front - back) + number[-back:]


def mask_address(address: str | None) -> str:
    """Return the start of an address, without the house."""
    return "" if not address else address[: min(6, max(1, len(address) // 2))] + "***"
