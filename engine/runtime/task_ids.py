"""Task ids: the instance's number and the token's number in it, as one UUID.

A task id names its instance, so finding the row to lock takes no search; and ids of one instance lie together in
every index.
"""

import re
from typing import Final

from engine.runtime.errors import NotFound

_HALF: Final = 16
# The first half stays below 2**63: it is a bigint in the database.
_TASK_ID: Final = re.compile(r"^[0-7][0-9a-fA-F]{31}$", re.ASCII)


def task_id(instance_id: int, number: int) -> str:
    """Return the id of the token ``number`` of an instance: 32 hexadecimal digits."""
    return f"{instance_id:016x}{number:016x}"


def split(task: str) -> tuple[int, int]:
    """Return the instance and the number of a task id, with or without hyphens. Raises NotFound if it is none."""
    digits = str(task).replace("-", "")
    if _TASK_ID.match(digits) is None:
        raise NotFound("没有这项任务。")
    return int(digits[:_HALF], 16), int(digits[_HALF:], 16)
