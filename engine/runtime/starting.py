"""Starts an instance inside the caller's transaction."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.runtime import store
from engine.runtime.errors import NotFound
from engine.runtime.process_data import normalise
from engine.runtime.protocol import Transaction
from engine.runtime.run import Run
from engine.runtime.session import Environment, Session
from engine.runtime.tokens import Flow


def start(
    environment: Environment,
    connection: sa.Connection,
    process_key: str,
    business_key: str,
    data: Mapping[str, Any],
    *,
    actor: str,
) -> int:
    """Start an instance of the current deployment. See :meth:`engine.runtime.runtime.Runtime.start`."""
    instance_id, now, deployment_id = store.begin(connection)
    if deployment_id is None:
        raise NotFound("还没有部署任何流程。")
    definition = environment.deployments.definition(connection, deployment_id)
    if process_key not in definition.specs:
        raise NotFound(f"部署里没有流程 {process_key}。")
    transaction = Transaction(connection, instance_id, business_key, process_key, deployment_id, now, actor)
    run = Run(environment.host, definition, transaction, environment.zone)
    flow = Flow(definition.specs[process_key], dict(definition.specs), environment.script, run)
    run.flow = flow
    flow.data = {key: normalise(value, key) for key, value in data.items()}
    transaction.source = lambda: flow.data
    session = Session(environment, connection, run, flow, None)
    run.happened("started", None, process=process_key, deployment=deployment_id)
    flow.begin()
    session.advance()
    session.save(commit=False)
    return instance_id
