"""What process owners do with running matters when a process changes: move them to another version, and back."""

from sqlalchemy import Connection, Engine, select

from engine.casework.commands.operating import brief
from engine.casework.models import Matter
from engine.casework.permissions import Person, bureau_wide, grants, permitted, roles_of
from engine.runtime import NotFound, Runtime
from engine.runtime.migrating.plan import Plan

UNKNOWN = "没有这次迁移。"


def require_owner(connection: Connection, officer: Person) -> None:
    """Raise NotFound unless the officer, as they are now, may move the running matters of a process."""
    held = roles_of(grants(connection, officer.id))
    if not bureau_wide(held, "migrate"):
        raise NotFound(UNKNOWN)


def plan_migration(connection: Connection, runtime: Runtime, officer: Person, plan: Plan) -> int:
    """Store a plan to be assessed, in the caller's transaction, and return its id. Raises NotFound."""
    require_owner(connection, officer)
    return runtime.migrations.create(plan, actor=str(officer.id), connection=connection)


def change_migration(connection: Connection, runtime: Runtime, officer: Person, migration_id: int, plan: Plan) -> None:
    """Give a migration that has not begun another mapping, to be assessed anew. Raises NotFound and NotNow."""
    require_owner(connection, officer)
    runtime.migrations.change(connection, migration_id, plan)


def begin_migration(connection: Connection, runtime: Runtime, officer: Person, migration_id: int, reason: str) -> None:
    """Let an assessed migration begin, in the caller's transaction.

    Raises NotFound, ReasonMissing, NotPermitted for a reason that is too long, and NotNow.
    """
    require_owner(connection, officer)
    runtime.migrations.begin(connection, migration_id, actor=str(officer.id), reason=brief(reason))


def revert_migration(connection: Connection, runtime: Runtime, officer: Person, migration_id: int, reason: str) -> None:
    """Let a finished migration be undone as far as it can. Raises as :func:`begin_migration` does."""
    require_owner(connection, officer)
    runtime.migrations.begin_reverting(connection, migration_id, actor=str(officer.id), reason=brief(reason))


def revert_one(
    engine: Engine, runtime: Runtime, officer: Person, migration_id: int, *, instance_id: int, reason: str
) -> None:
    """Move one matter back, in a transaction of its own.

    Raises NotFound also for one that accuses the officer, ReasonMissing, NotPermitted for a reason that is too long,
    and CannotRevert.
    """
    with engine.connect() as connection:  # given back before the runtime takes its own
        require_owner(connection, officer)
        accused = select(Matter.id).where(Matter.instance_id == instance_id, ~permitted(officer, "migrate")).exists()
        if connection.execute(select(accused)).scalar():
            raise NotFound(UNKNOWN)
    runtime.revert(instance_id, migration_id, actor=str(officer.id), reason=brief(reason))
