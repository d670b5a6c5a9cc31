"""The training job: by itself when there is enough that is new, or because somebody asked."""

import logging

from sqlalchemy import Engine, text

from engine.casework.learning_models import Actor, ModelRefused
from engine.casework.learning_training import Trained, train, train_if_due

log = logging.getLogger(__name__)

NAME = text("select name from officer where id = :id")


def learn(engine: Engine, officer_id: int | None) -> Trained | None:
    """Train for the officer, or for nobody if it is time to; None when nothing was trained."""
    try:
        done = train_if_due(engine) if officer_id is None else train(engine, actor=_actor(engine, officer_id))
    except ModelRefused as refused:
        log.info("no training: %s", refused.message)
        return None
    if done is not None:
        log.info("trained model %s on %s decisions: %s", done.model_id, done.examples, done.why or "in force")
    return done


def _actor(engine: Engine, officer_id: int) -> Actor:
    with engine.connect() as connection:
        return Actor(str(officer_id), connection.execute(NAME, {"id": officer_id}).scalar() or str(officer_id))
