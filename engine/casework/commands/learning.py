"""Train the routing model, go back to an earlier version: who may, and with which reason."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, text

from engine.casework import learning_models
from engine.casework.errors import NotPermitted
from engine.casework.learning_models import Actor, ModelRefused
from engine.casework.permissions import grants, has_duty

NAME = text("select name from officer where id = :id")


def use_model(engine: Engine, officer_id: int, model_id: int | None, reason: str) -> None:
    """Put an earlier version in force again; None lets the rules decide alone.

    Raises NotPermitted, NotFound, and ModelRefused when it is in force or was refused, or without a reason.
    """
    with engine.begin() as connection:
        actor = _teacher(connection, officer_id)
        if model_id is None:
            learning_models.stop(connection, reason=reason, actor=actor)
        else:
            learning_models.use(connection, model_id, reason=reason, actor=actor)


def ask_for_training(engine: Engine, officer_id: int, defer: Callable[[Connection, int], bool]) -> None:
    """Queue a training by ``defer``, which answers False when one waits already.

    Raises NotPermitted, and ModelRefused when one waits.
    """
    with engine.begin() as connection:
        _teacher(connection, officer_id)
        if not defer(connection, officer_id):
            raise ModelRefused("已经在等候训练，请等这一次完成。")


def _teacher(connection: Connection, officer_id: int) -> Actor:
    if not has_duty(grants(connection, officer_id), "teach"):
        raise NotPermitted("只有督察和流程管理员可以训练或更换研判模型。")
    return Actor(str(officer_id), str(connection.execute(NAME, {"id": officer_id}).scalar()))
