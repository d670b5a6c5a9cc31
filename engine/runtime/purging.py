"""Forgets messages and signals that have long been settled, so that their tables stay as large as what is on its way.

Who was told what stays in the instances' history. What is still on its way is never forgotten, however old it is.
"""

from datetime import timedelta
from typing import Final

from engine.runtime.session import Environment

DELIVERED: Final = timedelta(days=90)
"""How long what was delivered is kept, to be looked up."""

UNCAUGHT: Final = timedelta(days=365)
"""How long what nobody caught is kept, to be brought by hand; a matter that waits for it may take that long."""

BATCH: Final = 1000  # events forgotten in one transaction, so that none of them holds its locks for long

# What somebody is about to bring by hand is locked, and left alone. The foreign key is looked at when both are gone.
_PURGE: Final = """
with old as (
    select id from thrown
    where status = 'delivered' and delivered_at < clock_now() - %(delivered)s
        or status = 'uncaught' and delivered_at < clock_now() - %(uncaught)s
    order by id limit %(batch)s for update skip locked
), forgotten as (delete from caught c using old where c.thrown_id = old.id)
delete from thrown t using old where t.id = old.id
"""


def purge_thrown(environment: Environment) -> int:
    """Forget what is settled. See :meth:`engine.runtime.runtime.Runtime.purge_thrown`."""
    forgotten = 0
    while True:
        with environment.engine.begin() as connection:
            values = {"delivered": DELIVERED, "uncaught": UNCAUGHT, "batch": BATCH}
            count = connection.exec_driver_sql(_PURGE, values).rowcount
        forgotten += count
        if count < BATCH:
            return forgotten
