"""What each channel says it has received, beside what was imported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TODAY = "((clock_now() at time zone 'Asia/Shanghai')::date)"

# What became a matter says the day and the number; of an error that happened before, only the day of the import is known.
KNOWN_ROWS = """
update import_row r set channel_number = m.channel_number,
    received_on = (m.received_at at time zone 'Asia/Shanghai')::date
from matter m where m.id = r.matter_id and r.outcome <> 'error'
"""
# Nothing was kept of a row that was refused for secrecy, and of no other error.
REFUSED_ROWS = "update import_row set secret = true where outcome = 'error' and raw = '{}'"
TYPED = "update channel set reports_on = 'working_days' where delivery = 'typed'"


def upgrade() -> None:
    op.add_column("channel", sa.Column("import_within", sa.Text(), server_default="4工作小时", nullable=False))
    op.add_column("channel", sa.Column("reports_on", sa.Text(), server_default="every_day", nullable=False))
    op.add_column("channel", sa.Column("reconciled_since", sa.Date(), server_default=sa.text(TODAY), nullable=False))
    op.create_check_constraint(op.f("ck_channel_reports_on"), "channel", "reports_on in ('every_day', 'working_days')")
    op.execute(TYPED)
    op.add_column("import_row", sa.Column("channel_number", sa.Text(), nullable=True))
    op.add_column("import_row", sa.Column("received_on", sa.Date(), nullable=True))
    op.add_column("import_row", sa.Column("secret", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(KNOWN_ROWS)
    op.execute(REFUSED_ROWS)
    op.create_index(op.f("ix_import_row_received_on"), "import_row", ["received_on"])
    op.create_table(
        "channel_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_number", sa.Text(), nullable=True),
        sa.Column("last_number", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_channel_report_count")),
        sa.CheckConstraint("num_nonnulls(first_number, last_number) <> 1", name=op.f("ck_channel_report_numbers")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_report_channel_id_channel")),
        sa.ForeignKeyConstraint(["entered_by"], ["officer.id"], name=op.f("fk_channel_report_entered_by_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_report")),
    )
    op.create_index(op.f("ix_channel_report_channel_id_day"), "channel_report", ["channel_id", "day"])
    op.create_table(
        "channel_explanation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_number", sa.Text(), nullable=True),
        sa.Column("last_number", sa.Text(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("explained_by", sa.BigInteger(), nullable=False),
        sa.Column("explained_at", MOMENT, nullable=False),
        sa.Column("rejected_by", sa.BigInteger(), nullable=True),
        sa.Column("rejected_at", MOMENT, nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(first_number, last_number, pieces) in (1, 2)", name=op.f("ck_channel_explanation_what")
        ),
        sa.CheckConstraint(
            "(first_number is null) = (last_number is null)", name=op.f("ck_channel_explanation_numbers")
        ),
        sa.CheckConstraint(
            "num_nonnulls(rejected_by, rejected_at, rejection) in (0, 3)", name=op.f("ck_channel_explanation_rejected")
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_explanation_channel_id_channel")),
        sa.ForeignKeyConstraint(
            ["explained_by"], ["officer.id"], name=op.f("fk_channel_explanation_explained_by_officer")
        ),
        sa.ForeignKeyConstraint(
            ["rejected_by"], ["officer.id"], name=op.f("fk_channel_explanation_rejected_by_officer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_explanation")),
    )
    op.create_index(op.f("ix_channel_explanation_channel_id_day"), "channel_explanation", ["channel_id", "day"])
    op.create_table(
        "channel_day_check",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("told", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("result in ('balanced', 'unreported', 'gap')", name=op.f("ck_channel_day_check_result")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_day_check_channel_id_channel")),
        sa.PrimaryKeyConstraint("channel_id", "day", name=op.f("pk_channel_day_check")),
    )
    op.create_table(
        "channel_setting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("import_within", sa.Text(), nullable=False),
        sa.Column("reports_on", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("reports_on in ('every_day', 'working_days')", name=op.f("ck_channel_setting_reports_on")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_setting_channel_id_channel")),
        sa.ForeignKeyConstraint(["changed_by"], ["officer.id"], name=op.f("fk_channel_setting_changed_by_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_setting")),
    )
    op.create_index(op.f("ix_channel_setting_channel_id"), "channel_setting", ["channel_id"])
