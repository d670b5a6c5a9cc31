"""Every publication of the routing dictionary is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# What is published when versions begin is the first of them.
FIRST = """
insert into keyword_version (number, published_at, published_by, reason, rules, added)
select 1, clock_now(), 'system', '启用版本记录时的词库', jsonb_agg(jsonb_build_object(
    'id', k.code, 'kind', k.kind, 'words', to_jsonb(k.words), 'also', to_jsonb(k.also), 'without', to_jsonb(k.without),
    'place', coalesce(k.place, ''), 'unit', coalesce(u.code, ''), 'supervising_unit', coalesce(s.code, ''),
    'agency', coalesce(k.agency, ''), 'category', coalesce(c.code, ''), 'matter_kind', coalesce(k.matter_kind, ''),
    'severity', coalesce(k.severity, ''), 'clock', coalesce(k.clock, ''), 'priority', k.priority,
    'valid_from', k.valid_from, 'valid_to', k.valid_to, 'active', true) order by k.id), count(*)
from keyword k
left join unit u on u.id = k.unit_id
left join unit s on s.id = k.supervising_unit_id
left join category c on c.id = k.category_id
having count(*) > 0
"""


def upgrade() -> None:
    op.add_column("keyword", sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.execute("create sequence keyword_code")
    op.create_table(
        "keyword_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_keyword_version_number")),
        sa.ForeignKeyConstraint(
            ["restores"], ["keyword_version.number"], name=op.f("fk_keyword_version_restores_keyword_version")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_keyword_version")),
    )
    op.create_table(
        "keyword_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_keyword_draft_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_draft")),
        sa.UniqueConstraint("officer_id", name=op.f("uq_keyword_draft_officer_id")),
    )
    op.create_table(
        "keyword_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("num_nonnulls(before, after) > 0", name=op.f("ck_keyword_change_something")),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["keyword_draft.id"],
            name=op.f("fk_keyword_change_draft_id_keyword_draft"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_change")),
        sa.UniqueConstraint("draft_id", "code", name=op.f("uq_keyword_change_draft_id_code")),
    )
    op.create_table(
        "keyword_preview",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status in ('waiting', 'running', 'finished', 'failed')", name=op.f("ck_keyword_preview_status")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["keyword_draft.id"],
            name=op.f("fk_keyword_preview_draft_id_keyword_draft"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_keyword_preview_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword_preview")),
    )
    op.create_index(op.f("ix_keyword_preview_draft_id"), "keyword_preview", ["draft_id"])
    op.create_index(op.f("ix_keyword_preview_officer_id"), "keyword_preview", ["officer_id"])
    op.execute(FIRST)
