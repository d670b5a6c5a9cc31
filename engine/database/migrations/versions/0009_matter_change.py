"""What the text index has still to take in, and who searched for what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What of a matter stands in its document; whatever else changes of it is no news for the index.
COLUMNS = (
    "number", "channel_id", "channel_number", "title", "body", "place", "reply", "category_id", "kind", "severity",
    "receiving_unit_id", "handling_unit_id", "supervising_unit_id", "petitioner_id", "primary_id", "status",
    "received_at", "closed_at",
)  # fmt: skip
FACTS = ("name", "phone", "identity_number", "address")

NOTE = """
create function note_matter_change(changed bigint) returns void language plpgsql as $$
begin
    insert into matter_change (transaction, matter_id)
    values (pg_current_xact_id()::text::bigint, changed) on conflict do nothing;
    if found then
        perform pg_notify('matter_change', '');
    end if;
end
$$
"""
OF_MATTER = """
create function note_change_of_matter() returns trigger language plpgsql as $$
begin
    perform note_matter_change(coalesce(new.id, old.id));
    return null;
end
$$
"""
OF_PART = """
create function note_change_of_part() returns trigger language plpgsql as $$
begin
    perform note_matter_change(coalesce(new.matter_id, old.matter_id));
    return null;
end
$$
"""
OF_PETITIONER = """
create function note_change_of_petitioner() returns trigger language plpgsql as $$
begin
    perform note_matter_change(id) from matter where petitioner_id = new.id;
    return null;
end
$$
"""


def _differs(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
    return f"(({old}) is distinct from ({new}))"


def upgrade() -> None:
    op.create_table(
        "matter_change",
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("transaction", "matter_id", name=op.f("pk_matter_change")),
    )
    op.create_table(
        "text_index_follower",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_text_index_follower")),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("narrowed", JSONB(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_search_entry_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
    )
    op.create_index(op.f("ix_search_entry_officer_id_at"), "search_entry", ["officer_id", "at"])
    for function in (NOTE, OF_MATTER, OF_PART, OF_PETITIONER):
        op.execute(function)
    op.execute(
        "create trigger note_new_matter after insert or delete on matter "
        "for each row execute function note_change_of_matter()"
    )
    op.execute(
        f"create trigger note_changed_matter after update on matter for each row when {_differs(COLUMNS)} "
        "execute function note_change_of_matter()"
    )
    for table in ("matter_accused", "matter_asked", "attachment"):
        op.execute(
            f"create trigger note_changed_{table} after insert or update or delete on {table} "
            "for each row execute function note_change_of_part()"
        )
    op.execute(
        f"create trigger note_changed_petitioner after update on petitioner for each row when {_differs(FACTS)} "
        "execute function note_change_of_petitioner()"
    )
