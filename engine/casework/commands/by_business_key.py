"""What a process owner does to a process by its business key: start an instance, send a message."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select

from engine.casework.errors import NotPermitted
from engine.casework.models import Matter
from engine.casework.permissions import Person, bureau_wide, grants, permitted, roles_of
from engine.casework.proceedings.record import NUMBER as PROCEEDING
from engine.casework.registration import PROCESS
from engine.runtime import NotFound, Runtime

NUMBER = re.compile(r"MY\d{4}-\d{6,}")
"""What a matter's number looks like (engine/casework/numbers.py)."""

UNKNOWN = "没有这个流程实例。"


def start_instance(
    connection: Connection,
    runtime: Runtime,
    officer: Person,
    process_key: str,
    *,
    business_key: str,
    variables: Mapping[str, Any],
) -> int:
    """Start an instance of a process that is no matter's, in the caller's transaction; return its id.

    Raises NotFound for whoever may not, or when the business key is a matter they may not know of, NotPermitted for the
    process of matters, which begins by registering one, and as ``Runtime.start`` does.
    """
    require_addressable(connection, officer, business_key)
    if process_key == PROCESS:
        raise NotPermitted("事项的流程要通过登记事项开始。")
    if PROCEEDING.fullmatch(business_key):
        raise NotPermitted("督查、问责、整改和转办的流程要通过立项开始。")
    return runtime.start(connection, process_key, business_key, variables, actor=str(officer.id))


def send_message(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    business_key: str,
    *,
    name: str,
    payload: Mapping[str, Any],
) -> bool:
    """Bring a message to the processes of a business key, in a transaction of its own; return whether any waited.

    Raises NotFound as :func:`start_instance`, and as ``Runtime.message`` does.
    """
    with engine.connect() as connection:  # given back before the runtime takes its own
        require_addressable(connection, officer, business_key)
    return runtime.message(business_key, name, payload, actor=str(officer.id))


def require_addressable(connection: Connection, officer: Person, business_key: str) -> None:
    """Raise NotFound unless the officer, as they are now, may operate on what has this business key.

    A matter's number that there is not is refused as one that is kept from them is: whoever tries numbers must not
    learn by the difference which matters accuse them.
    """
    held = roles_of(grants(connection, officer.id))
    theirs = select(Matter.id).where(Matter.number == business_key, permitted(officer, "operate")).exists()
    anybodys = select(Matter.id).where(Matter.number == business_key).exists()
    if not bureau_wide(held, "operate"):
        raise NotFound(UNKNOWN)
    row = connection.execute(select(theirs.label("theirs"), anybodys.label("anybodys"))).one()
    if not row.theirs and (row.anybodys or NUMBER.fullmatch(business_key)):
        raise NotFound(UNKNOWN)
