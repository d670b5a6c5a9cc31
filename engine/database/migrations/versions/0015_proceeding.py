"""Proceedings: supervision, accountability and rectification, and the points that come of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("matter", sa.Column("returned", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("matter", sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "proceeding_number",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('supervision', 'accountability', 'rectification', 'transfer')",
            name=op.f("ck_proceeding_number_kind"),
        ),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_proceeding_number")),
    )
    op.create_table(
        "proceeding",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("matter_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("stage", sa.Text(), server_default="opened", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("instance_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind in ('supervision', 'accountability', 'rectification', 'transfer')", name=op.f("ck_proceeding_kind")
        ),
        sa.CheckConstraint("level in ('prompt', 'order')", name=op.f("ck_proceeding_level")),
        sa.CheckConstraint("status in ('open', 'closed')", name=op.f("ck_proceeding_status")),
        sa.CheckConstraint(
            "outcome in ('lifted', 'accountability', 'cleared', 'sanctioned', 'effective', 'received', 'refused', 'cancelled')",
            name=op.f("ck_proceeding_outcome"),
        ),
        sa.CheckConstraint("(status = 'closed') = (closed_at is not null)", name=op.f("ck_proceeding_closed_at")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_proceeding_matter_id_matter")),
        sa.ForeignKeyConstraint(["parent_id"], ["proceeding.id"], name=op.f("fk_proceeding_parent_id_proceeding")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_proceeding_unit_id_unit")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_proceeding_officer_id_officer")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_proceeding_category_id_category")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
            name=op.f("fk_proceeding_instance_id_instance"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proceeding")),
        sa.UniqueConstraint("number", name=op.f("uq_proceeding_number")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_proceeding_instance_id")),
    )
    op.create_index(op.f("ix_proceeding_matter_id"), "proceeding", ["matter_id"])
    op.create_index(op.f("ix_proceeding_parent_id"), "proceeding", ["parent_id"])
    op.create_index(op.f("ix_proceeding_officer_id"), "proceeding", ["officer_id"])
    op.create_index(op.f("ix_proceeding_unit_id_status"), "proceeding", ["unit_id", "status"])
    op.create_index(op.f("ix_proceeding_kind_opened_at"), "proceeding", ["kind", sa.text("opened_at desc")])
    op.create_table(
        "point_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("proceeding_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.Column("sanction", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint("points between 0 and 12", name=op.f("ck_point_entry_points")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_point_entry_officer_id_officer")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_point_entry_proceeding_id_proceeding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_entry")),
        sa.UniqueConstraint("proceeding_id", "officer_id", name=op.f("uq_point_entry_proceeding_id_officer_id")),
    )
    op.create_index(op.f("ix_point_entry_officer_id_expires_on"), "point_entry", ["officer_id", "expires_on"])
