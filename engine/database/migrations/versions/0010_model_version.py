"""Versions of the learned routing model, and what staff decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

# What was judged stays as first judged ("not ours" without any confidence says nothing). What staff decided follows the
# matter: one that was pushed is decided when its unit signs or somebody gives it to another, any other when somebody
# gives it to a unit or hands it on.
KEEP = """
create function keep_decision(m matter, at timestamptz) returns void language sql as $$
insert into matter_decision as d (matter_id, outcome, automatic, judged_unit_id, judged_outside, judged_category_id,
    judged_kind, judged_severity, confidence, model_id,
    decided_at, unit_id, supervising_unit_id, outside, category_id, kind, severity, corrected)
select m.id, m.judgement ->> 'outcome', m.automatic, j.unit_id, j.outside, j.category_id, j.kind, j.severity,
    j.confidence, (m.judgement #>> '{model,id}')::bigint,
    case when f.decided then at end,
    case when f.decided and not f.outside then m.handling_unit_id end,
    case when f.decided and not f.outside then m.supervising_unit_id end,
    f.outside,
    case when f.decided then m.category_id end,
    case when f.decided then m.kind end,
    case when f.decided then m.severity end,
    f.decided and (f.outside <> j.outside or (not f.outside and m.handling_unit_id is distinct from j.unit_id))
from (select (select u.id from unit u where u.code = m.judgement #>> '{routing,unit}') as unit_id,
             coalesce((m.judgement #>> '{routing,out_of_scope}')::boolean
                      and (m.judgement #>> '{routing,confidence}')::double precision > 0, false) as outside,
             (select c.id from category c where c.code = m.judgement #>> '{routing,category}') as category_id,
             m.judgement #>> '{routing,kind}' as kind,
             m.judgement #>> '{routing,severity}' as severity,
             coalesce((m.judgement #>> '{routing,confidence}')::double precision, 0) as confidence) j
cross join lateral (select coalesce(m.outcome, '') = 'handed_on' as outside,
             coalesce(m.outcome, '') = 'handed_on'
             or (m.handling_unit_id is not null and m.accepted_at is not null
                 and coalesce(m.outcome, '') <> 'not_accepted'
                 and (not m.automatic or m.handler_id is not null
                      or m.handling_unit_id is distinct from j.unit_id)) as decided) f
on conflict (matter_id) do update set
    decided_at = excluded.decided_at, unit_id = excluded.unit_id, supervising_unit_id = excluded.supervising_unit_id,
    outside = excluded.outside, category_id = excluded.category_id, kind = excluded.kind,
    severity = excluded.severity,
    corrected = excluded.outside <> d.judged_outside
        or (not excluded.outside and excluded.unit_id is distinct from d.judged_unit_id)
where excluded.decided_at is not null
    and (excluded.unit_id, excluded.supervising_unit_id, excluded.outside, excluded.category_id, excluded.kind,
         excluded.severity)
        is distinct from (d.unit_id, d.supervising_unit_id, d.outside, d.category_id, d.kind, d.severity)
$$
"""
FOLLOW = """
create function matter_decision_follow() returns trigger language plpgsql as $$
begin
    perform keep_decision(new, clock_now());
    return null;
end
$$
"""
TRIGGER = """
create trigger matter_decision_follow after insert or update of judgement, outcome, automatic, handling_unit_id,
    supervising_unit_id, category_id, kind, severity, handler_id, accepted_at on matter
for each row when (new.judgement ? 'routing') execute function matter_decision_follow()
"""
FILL = """
select count(keep_decision(m, coalesce(
    (select max(h.at) from history_event h
     where h.matter_id = m.id and h.event in ('assigned', 'reassigned', 'signed', 'handed_on')),
    m.accepted_at, m.imported_at)))
from matter m where m.judgement ? 'routing'
"""


def upgrade() -> None:
    op.create_table(
        "model_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", postgresql.BYTEA(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("decided_until", MOMENT, nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("comparison", postgresql.JSONB(), nullable=False),
        sa.Column("compared_with_id", sa.BigInteger(), nullable=True),
        sa.Column("trained_at", MOMENT, nullable=False),
        sa.Column("trained_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state in ('in_force', 'retired', 'refused')", name=op.f("ck_model_version_state")),
        sa.CheckConstraint("state <> 'in_force' or content is not null", name=op.f("ck_model_version_content")),
        sa.CheckConstraint("(state = 'refused') = (why <> '')", name=op.f("ck_model_version_why")),
        sa.CheckConstraint("examples >= 0", name=op.f("ck_model_version_examples")),
        sa.ForeignKeyConstraint(
            ["compared_with_id"], ["model_version.id"], name=op.f("fk_model_version_compared_with_id_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
    )
    op.create_index(
        "uq_model_version_in_force",
        "model_version",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "model_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "event in ('went_live', 'refused', 'rolled_back', 'stopped')", name=op.f("ck_model_event_event")
        ),
        sa.CheckConstraint("(event = 'stopped') = (model_id is null)", name=op.f("ck_model_event_model_id")),
        sa.CheckConstraint(
            "event not in ('rolled_back', 'stopped') or reason <> ''", name=op.f("ck_model_event_reason")
        ),
        sa.ForeignKeyConstraint(["model_id"], ["model_version.id"], name=op.f("fk_model_event_model_id_model_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_event")),
    )
    op.create_table(
        "matter_decision",
        sa.Column("matter_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("judged_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("judged_outside", sa.Boolean(), nullable=False),
        sa.Column("judged_category_id", sa.BigInteger(), nullable=True),
        sa.Column("judged_kind", sa.Text(), nullable=True),
        sa.Column("judged_severity", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("supervising_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("outside", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("corrected", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "decided_at is null or outside = (unit_id is null)", name=op.f("ck_matter_decision_decided_at")
        ),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["matter.id"], name=op.f("fk_matter_decision_matter_id_matter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_matter_decision")),
    )
    op.create_index(
        op.f("ix_matter_decision_decided_at"),
        "matter_decision",
        ["decided_at"],
        postgresql_where=sa.text("decided_at is not null"),
    )
    # The figures are of the matters that came in the last weeks.
    op.create_index(op.f("ix_matter_imported_at"), "matter", ["imported_at"])
    op.execute(KEEP)
    op.execute(FOLLOW)
    op.execute(TRIGGER)
    op.execute(FILL)
