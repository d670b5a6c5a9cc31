"""Forgets what was kept to move instances back, once they cannot be or some time has passed.

It is a copy of an instance's whole data: what people wrote should not lie about longer than it is of use.
"""

from datetime import timedelta
from typing import Final

from engine.runtime.session import Environment

REVERTIBLE: Final = timedelta(days=30)
"""How long an instance that has not gone on since can be moved back."""

BATCH: Final = 500

# What is being moved back is locked, and left alone; and so is a migration whose instances are all to be moved back.
_FORGET: Final = """
with old as (
    select s.migration_id, s.instance_id from migration_step s join migration m on m.id = s.migration_id
        left join instance i on i.id = s.instance_id
    where s.outcome = 'migrated' and s.kept is not null and m.status = 'finished'
        and (s.done_at < clock_now() - %(revertible)s or i.revision is distinct from s.revision_after)
    order by s.migration_id, s.instance_id limit %(batch)s for update of s skip locked
)
update migration_step s set state_before = null, kept = null from old
where s.migration_id = old.migration_id and s.instance_id = old.instance_id
"""


def forget_kept(environment: Environment) -> int:
    """Forget, and return of how many instances; a few hundred in a transaction, so that locks are not held for long."""
    forgotten = 0
    while True:
        with environment.engine.begin() as connection:
            count = connection.exec_driver_sql(_FORGET, {"revertible": REVERTIBLE, "batch": BATCH}).rowcount
        forgotten += count
        if count < BATCH:
            return forgotten
