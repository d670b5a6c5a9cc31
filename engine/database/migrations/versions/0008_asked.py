"""Units that are asked for a part in another's matter keep it in sight until it is closed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITING = """
insert into matter_asked (matter_id, candidate)
select distinct m.id, c.candidate
from work_item w
join matter m on m.instance_id = w.instance_id
cross join unnest(w.candidates) as c (candidate)
where split_part(c.candidate, '@', 2) ~ '^[0-9]+$'
  and split_part(c.candidate, '@', 2)::bigint not in (m.receiving_unit_id, coalesce(m.handling_unit_id, 0))
"""


def upgrade() -> None:
    op.create_table(
        "matter_asked",
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_asked_matter_id_matter")),
        sa.PrimaryKeyConstraint("matter_id", "candidate", name=op.f("pk_matter_asked")),
    )
    op.create_index(op.f("ix_matter_asked_candidate"), "matter_asked", ["candidate"])
    op.execute(WAITING)
