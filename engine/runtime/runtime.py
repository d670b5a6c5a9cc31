"""The one door to the runtime: every command that changes an instance, and what one may ask about deployments."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.runtime import store
from engine.runtime.door.deploying import Deploying
from engine.runtime.door.intervening import Intervening
from engine.runtime.door.timing import Timing
from engine.runtime.door.working import Working
from engine.runtime.protocol import Transaction
from engine.runtime.session import locked, opened, transaction_of
from engine.runtime.task_ids import split


class Runtime(Deploying, Working, Timing, Intervening):
    """Runs instances of the deployed processes for one host on one database. Safe to share between threads.

    Args:
        engine: the database.
        host: the product the runtime works for.
        zone: on whose calendar ``P1M`` is counted.

    """

    @contextmanager
    def transaction(self, target: int | str, *, actor: str) -> Iterator[Transaction]:
        """Hold an instance's lock for a command of the host that does not advance it.

        ``target`` is an instance's id or a task's. On leaving, ``variables`` are stored in the process data and
        ``events`` recorded, and all of it is committed; when the body raises, nothing is. Raises NotFound.
        """
        instance_id = target if isinstance(target, int) else split(target)[0]
        with self._environment.engine.begin() as connection:
            row = locked(connection, instance_id)
            transaction = transaction_of(self._environment, connection, row, actor)
            yield transaction
            if transaction.variables:
                opened(self._environment, connection, row, transaction).save(commit=False)
                return
            connection.exec_driver_sql(
                "update instance set revision = revision + 1 where id = %(id)s", {"id": instance_id}
            )
            self._environment.host.record(transaction, transaction.events)
            store.write_last(transaction)
