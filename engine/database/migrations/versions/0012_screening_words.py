"""The bureau's own secret words as salted hashes, attempts to bring secrets in, alarms, and the text of attachments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    op.create_table(
        "secret_word_list",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", postgresql.BYTEA(), nullable=False),
        sa.Column("key_check", postgresql.BYTEA(), nullable=False),
        sa.Column("revision", postgresql.UUID(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_secret_word_list_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_word_list")),
    )
    op.create_table(
        "secret_word",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("length", sa.SmallInteger(), nullable=False),
        sa.Column("tag", sa.SmallInteger(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 16", name=op.f("ck_secret_word_digest")),
        sa.ForeignKeyConstraint(["added_by"], ["officer.id"], name=op.f("fk_secret_word_added_by_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_word")),
        sa.UniqueConstraint("digest", name=op.f("uq_secret_word_digest")),
    )
    op.create_table(
        "secret_word_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("word_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("event in ('added', 'removed', 'discarded')", name=op.f("ck_secret_word_event_event")),
        sa.ForeignKeyConstraint(["actor"], ["officer.id"], name=op.f("fk_secret_word_event_actor_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_word_event")),
    )
    op.create_table(
        "secret_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("kinds", TEXTS, server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_secret_attempt_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_attempt")),
    )
    op.create_index(op.f("ix_secret_attempt_at"), "secret_attempt", ["at"])
    op.create_table(
        "alarm",
        sa.Column("matter_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("categories", TEXTS, server_default="{}", nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("(acknowledged_at is null) = (acknowledged_by is null)", name=op.f("ck_alarm_acknowledged")),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["officer.id"], name=op.f("fk_alarm_acknowledged_by_officer")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_alarm_matter_id_matter")),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_alarm")),
    )
    # What was raised before stands in the history; of a matter that is closed nobody has to take note any more.
    op.execute(
        """
        insert into alarm (matter_id, categories, raised_at)
        select distinct on (e.matter_id) e.matter_id,
               array(select jsonb_array_elements_text(e.details -> 'categories')), e.at
        from history_event e join matter m on m.id = e.matter_id and m.closed_at is null
        where e.event = 'alarm_raised' and jsonb_typeof(e.details -> 'categories') = 'array'
        order by e.matter_id, e.sequence
        """
    )
    op.add_column("attachment", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("attachment", sa.Column("unread", sa.Text(), nullable=True))
    op.create_index(
        "ix_attachment_to_read", "attachment", ["id"], postgresql_where=sa.text("text is null and unread is null")
    )
