"""The demonstration's fill, so that one that was interrupted is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demo_fill",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_fill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_fill")),
    )
