"""Sending a message to the processes of a business key."""

from __future__ import annotations

from typing import Annotated

from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework import commands
from engine.database import db
from webapp.api.authentication import officer
from webapp.api.operation import operation
from webapp.api.shapes import Answered, Identifier, Sent, Values
from webapp.current import current_platform
from webapp.sentences import N_


class Message(Sent):
    """A message."""

    name: Annotated[Identifier, Field(description=N_("消息在流程图里的名称。"))]
    business_key: Annotated[Identifier, Field(description=N_("事项编号，或者开始流程时给的业务标识。"))]
    payload: Annotated[Values, Field(description=N_("消息的内容，存放在收到它的事件的 id 之下。"))] = {}


class Received(Answered):
    """Whether anybody received it."""

    received: Annotated[bool, Field(description=N_("是否有流程在等它，或者由它开始了流程。"))]


@operation(
    "POST",
    "/messages",
    _("向流程发送消息"),
    tag="messages",
    body=Message,
    answers=Received,
    problems=("not-found", "conflict"),
)
def send_message(body: Message) -> Received:
    """Bring a message to whatever waits for it."""
    platform, caller = current_platform(), officer()
    db.session.close()  # the command works on connections of its own
    received = commands.send_message(
        platform.engine, platform.runtime, caller, body.business_key, name=body.name, payload=body.payload
    )
    return Received(received=received)
