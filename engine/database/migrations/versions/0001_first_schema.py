"""The first schema: the runtime's tables, the bureau's tables, the clock, and the job queue's own tables."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CLOCK_NOW = """
create or replace function clock_now() returns timestamptz language sql stable as
$$ select clock_timestamp() + coalesce((select shift from clock_shift where id = 1), interval '0') $$
"""


def upgrade() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("unmoved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("status in ('official', 'provisional')", name=op.f("ck_calendar_year_status")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("conduct", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint(
            "kind in ('consult', 'request', 'complaint', 'report', 'suggestion', 'petition', 'praise')",
            name=op.f("ck_category_kind"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_category_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("code", name=op.f("uq_category_code")),
    )
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"], unique=False)
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Interval(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_shift")),
    )
    op.create_table(
        "completion",
        sa.Column("key", sa.Text(), nullable=False, comment="the idempotency key the caller sent"),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_completion")),
        comment="A completion's answer, kept so that the same request sent twice is answered the same.",
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("deployed_by", sa.Text(), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint("version", name=op.f("uq_deployment_version")),
        comment="A version of all diagrams, decision tables and forms together; never changed.",
    )
    op.create_table(
        "finished_item",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("finished_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="nobody did it: the process went on without it",
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_finished_item")),
        comment="A user task that no longer waits.",
    )
    op.create_index(
        "ix_finished_item_finished_by",
        "finished_item",
        ["finished_by", sa.literal_column("finished_at DESC")],
        unique=False,
    )
    op.create_index(op.f("ix_finished_item_instance_id"), "finished_item", ["instance_id"], unique=False)
    op.create_table(
        "fire",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False, comment="periods of a cycle that passed before this firing"),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "occurrence", name=op.f("pk_fire")),
        comment="A timer that fired: once for each task and occurrence, which the key guarantees.",
    )
    op.create_index(op.f("ix_fire_instance_id"), "fire", ["instance_id"], unique=False)
    op.create_table(
        "matter_number",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_matter_number")),
    )
    op.create_table(
        "petitioner",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("identity_number", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitioner")),
    )
    op.create_index(
        op.f("ix_petitioner_identity_number"),
        "petitioner",
        ["identity_number"],
        unique=False,
        postgresql_where=sa.text("identity_number is not null"),
    )
    op.create_index(
        op.f("ix_petitioner_phone"),
        "petitioner",
        ["phone"],
        unique=False,
        postgresql_where=sa.text("phone is not null"),
    )
    op.create_table(
        "resource",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the content, hexadecimal"),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_resource")),
    )
    op.create_table(
        "timer",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False, comment="which period of a cycle is awaited, from 1"),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="duration, date or cycle"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False, comment="as the diagram has it"),
        sa.Column("explanation", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_timer")),
        comment="A timer that waits.",
    )
    op.create_index(op.f("ix_timer_instance_id"), "timer", ["instance_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("names", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("generic", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint(
            "kind in ('bureau', 'leadership', 'office', 'department', 'brigade', 'station', 'squad', 'inspectorate')",
            name=op.f("ck_unit_kind"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
        sa.UniqueConstraint("name", name=op.f("uq_unit_name")),
    )
    op.create_index(op.f("ix_unit_parent_id"), "unit", ["parent_id"], unique=False)
    op.create_table(
        "work_item",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False, comment="the process the step is drawn in"),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("candidates", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("excluded", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_explanation", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_work_item")),
        comment="A user task that waits for somebody.",
    )
    op.create_index(
        "ix_work_item_assignee",
        "work_item",
        ["assignee"],
        unique=False,
        postgresql_where=sa.text("assignee is not null"),
    )
    op.create_index("ix_work_item_candidates", "work_item", ["candidates"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_work_item_instance_id"), "work_item", ["instance_id"], unique=False)
    op.create_table(
        "channel",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("receiving_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("solicited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("number_label", sa.Text(), nullable=True),
        sa.Column(
            "column_mapping", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("delivery in ('api', 'file', 'mail', 'sms', 'typed')", name=op.f("ck_channel_delivery")),
        sa.CheckConstraint("medium in ('email', 'webhook', 'sms', 'phone', 'letter')", name=op.f("ck_channel_medium")),
        sa.ForeignKeyConstraint(["receiving_unit_id"], ["unit.id"], name=op.f("fk_channel_receiving_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("code", name=op.f("uq_channel_code")),
        sa.UniqueConstraint("name", name=op.f("uq_channel_name")),
    )
    op.create_index(op.f("ix_channel_receiving_unit_id"), "channel", ["receiving_unit_id"], unique=False)
    op.create_table(
        "deployment_resource",
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_deployment_resource_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(["hash"], ["resource.hash"], name=op.f("fk_deployment_resource_hash_resource")),
        sa.PrimaryKeyConstraint("deployment_id", "path", name=op.f("pk_deployment_resource")),
    )
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("kind in ('holiday', 'workday')", name=op.f("ck_holiday_kind")),
        sa.ForeignKeyConstraint(["year"], ["calendar_year.year"], name=op.f("fk_holiday_year_calendar_year")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )
    op.create_index(op.f("ix_holiday_year"), "holiday", ["year"], unique=False)
    op.create_table(
        "instance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "revision", sa.Integer(), server_default="0", nullable=False, comment="grows by one with every command"
        ),
        sa.Column("codec", sa.SmallInteger(), nullable=False, comment="the form of the state; others are refused"),
        sa.Column("state", postgresql.BYTEA(), nullable=False),
        sa.Column(
            "visited",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="process key -> element id -> how often a token has passed it",
        ),
        sa.Column(
            "next_due",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the worker has to look at it: its earliest timer, or later after a failure",
        ),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False, comment="of its timer in a row"),
        sa.Column("incident", sa.Text(), nullable=True, comment="what went wrong when its timer last fired"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('running', 'completed', 'cancelled', 'suspended')", name=op.f("ck_instance_status")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_instance_deployment_id_deployment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_index(op.f("ix_instance_business_key"), "instance", ["business_key"], unique=False)
    op.create_index(
        "ix_instance_next_due", "instance", ["next_due"], unique=False, postgresql_where=sa.text("next_due is not null")
    )
    op.create_table(
        "keyword",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("also", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("without", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("supervising_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("matter_kind", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("clock", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="5", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind in ('department', 'local', 'outside', 'accusation', 'matter', 'intent', 'severity')",
            name=op.f("ck_keyword_kind"),
        ),
        sa.CheckConstraint(
            "matter_kind in ('consult', 'request', 'complaint', 'report', 'suggestion', 'petition', 'praise')",
            name=op.f("ck_keyword_matter_kind"),
        ),
        sa.CheckConstraint("severity in ('ordinary', 'major', 'urgent')", name=op.f("ck_keyword_severity")),
        sa.CheckConstraint("cardinality(words) > 0", name=op.f("ck_keyword_words")),
        sa.CheckConstraint("priority between 1 and 9", name=op.f("ck_keyword_priority")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_keyword_valid")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_keyword_category_id_category")),
        sa.ForeignKeyConstraint(["supervising_unit_id"], ["unit.id"], name=op.f("fk_keyword_supervising_unit_id_unit")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_keyword_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyword")),
        sa.UniqueConstraint("code", name=op.f("uq_keyword_code")),
    )
    op.create_index(op.f("ix_keyword_category_id"), "keyword", ["category_id"], unique=False)
    op.create_index(op.f("ix_keyword_unit_id"), "keyword", ["unit_id"], unique=False)
    op.create_table(
        "officer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("badge", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), server_default="auto", nullable=False),
        sa.CheckConstraint("locale in ('zh', 'en')", name=op.f("ck_officer_locale")),
        sa.CheckConstraint("theme in ('auto', 'light', 'dark')", name=op.f("ck_officer_theme")),
        sa.CheckConstraint("failed_logins >= 0", name=op.f("ck_officer_failed_logins")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_officer_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("badge", name=op.f("uq_officer_badge")),
    )
    op.create_index(op.f("ix_officer_unit_id"), "officer", ["unit_id"], unique=False)
    op.create_index("uq_officer_login", "officer", [sa.literal_column("lower(login)")], unique=True)
    op.create_table(
        "holding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(unit_id is not null) = (role in ('receiver', 'liaison', 'handler', 'instructor', 'unit_leader', 'bureau_leader'))",
            name=op.f("ck_holding_scope"),
        ),
        sa.CheckConstraint(
            "role in ('receiver', 'liaison', 'handler', 'instructor', 'unit_leader', 'bureau_leader', 'director', 'inspector', 'visitor', 'legal', 'process_owner', 'system_admin', 'security_admin', 'audit_admin')",
            name=op.f("ck_holding_role"),
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_holding_officer_id_officer")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_holding_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        sa.UniqueConstraint(
            "officer_id",
            "role",
            "unit_id",
            name=op.f("uq_holding_officer_id_role_unit_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_holding_role_unit_id"), "holding", ["role", "unit_id"], unique=False)
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('running', 'finished', 'failed')", name=op.f("ck_import_batch_status")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_import_batch_channel_id_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(op.f("ix_import_batch_"), "import_batch", [sa.literal_column("started_at desc")], unique=False)
    op.create_index(
        op.f("ix_import_batch_channel_id_file_hash"), "import_batch", ["channel_id", "file_hash"], unique=False
    )
    op.create_table(
        "matter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_number", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), server_default="ordinary", nullable=False),
        sa.Column("receiving_unit_id", sa.BigInteger(), nullable=False),
        sa.Column("handling_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("supervising_unit_id", sa.BigInteger(), nullable=True),
        sa.Column("handler_id", sa.BigInteger(), nullable=True),
        sa.Column("petitioner_id", sa.BigInteger(), nullable=False),
        sa.Column("primary_id", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.Text(), server_default="registered", nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_explanation", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("automatic", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("judgement", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("instance_id", sa.BigInteger(), nullable=True),
        sa.Column("history_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("history_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_at is not null)", name=op.f("ck_matter_closed_at")),
        sa.CheckConstraint(
            "kind in ('consult', 'request', 'complaint', 'report', 'suggestion', 'petition', 'praise')",
            name=op.f("ck_matter_kind"),
        ),
        sa.CheckConstraint(
            "satisfaction in ('satisfied', 'basically', 'dissatisfied', 'unreachable', 'refused')",
            name=op.f("ck_matter_satisfaction"),
        ),
        sa.CheckConstraint("severity in ('ordinary', 'major', 'urgent')", name=op.f("ck_matter_severity")),
        sa.CheckConstraint("status in ('open', 'waiting', 'closed')", name=op.f("ck_matter_status")),
        sa.CheckConstraint("history_count >= 0", name=op.f("ck_matter_history_count")),
        sa.CheckConstraint("primary_id <> id", name=op.f("ck_matter_primary")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_matter_category_id_category")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_matter_channel_id_channel")),
        sa.ForeignKeyConstraint(["handler_id"], ["officer.id"], name=op.f("fk_matter_handler_id_officer")),
        sa.ForeignKeyConstraint(["handling_unit_id"], ["unit.id"], name=op.f("fk_matter_handling_unit_id_unit")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_matter_instance_id_instance")),
        sa.ForeignKeyConstraint(["petitioner_id"], ["petitioner.id"], name=op.f("fk_matter_petitioner_id_petitioner")),
        sa.ForeignKeyConstraint(["primary_id"], ["matter.id"], name=op.f("fk_matter_primary_id_matter")),
        sa.ForeignKeyConstraint(["receiving_unit_id"], ["unit.id"], name=op.f("fk_matter_receiving_unit_id_unit")),
        sa.ForeignKeyConstraint(["supervising_unit_id"], ["unit.id"], name=op.f("fk_matter_supervising_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter")),
        sa.UniqueConstraint("channel_id", "channel_number", name=op.f("uq_matter_channel_id_channel_number")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_matter_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_matter_number")),
    )
    op.create_index(
        op.f("ix_matter_closed_at"),
        "matter",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("closed_at is not null"),
    )
    op.create_index(
        op.f("ix_matter_handling_unit_id_received_at"), "matter", ["handling_unit_id", "received_at"], unique=False
    )
    op.create_index(
        op.f("ix_matter_kind_receiving_unit_id_handling_unit_id_received_at"),
        "matter",
        ["kind", "receiving_unit_id", "handling_unit_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_matter_open_due", "matter", ["due_at"], unique=False, postgresql_where=sa.text("status <> 'closed'")
    )
    op.create_index(
        "ix_matter_open_handling",
        "matter",
        ["handling_unit_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(
        "ix_matter_open_receiving",
        "matter",
        ["receiving_unit_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(op.f("ix_matter_petitioner_id"), "matter", ["petitioner_id"], unique=False)
    op.create_index(
        op.f("ix_matter_primary_id"),
        "matter",
        ["primary_id"],
        unique=False,
        postgresql_where=sa.text("primary_id is not null"),
    )
    op.create_index(op.f("ix_matter_received_at"), "matter", ["received_at"], unique=False)
    op.create_index(
        "uq_matter_channel_id_digest",
        "matter",
        ["channel_id", "digest"],
        unique=True,
        postgresql_where=sa.text("digest is not null and channel_number is null"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_attachment_matter_id_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_hash"), "attachment", ["hash"], unique=False)
    op.create_index(op.f("ix_attachment_matter_id"), "attachment", ["matter_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "method in ('phone', 'meeting', 'visit', 'explanation', 'message')", name=op.f("ck_contact_method")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_contact_matter_id_matter")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_contact_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_matter_id"), "contact", ["matter_id"], unique=False)
    op.create_table(
        "dispatch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(status = 'sent') = (sent_at is not null)", name=op.f("ck_dispatch_sent_at")),
        sa.CheckConstraint("status in ('pending', 'sent', 'failed')", name=op.f("ck_dispatch_status")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_dispatch_attempts")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_dispatch_matter_id_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("key", name=op.f("uq_dispatch_key")),
    )
    op.create_index(op.f("ix_dispatch_matter_id"), "dispatch", ["matter_id"], unique=False)
    op.create_index(
        "ix_dispatch_pending", "dispatch", ["created_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_table(
        "escalation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("step_name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "level in ('reminder', 'instructor', 'inspectorate', 'bureau_leader')", name=op.f("ck_escalation_level")
        ),
        sa.CheckConstraint(
            "(acknowledged_at is null) = (acknowledged_by is null)", name=op.f("ck_escalation_acknowledged")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["officer.id"], name=op.f("fk_escalation_acknowledged_by_officer")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_escalation_matter_id_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    op.create_index(op.f("ix_escalation_fired_at"), "escalation", ["fired_at"], unique=False)
    op.create_index(op.f("ix_escalation_matter_id"), "escalation", ["matter_id"], unique=False)
    op.create_index(
        "ix_escalation_open",
        "escalation",
        ["level", "fired_at"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at is null"),
    )
    op.create_table(
        "history_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_history_event_sequence")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_history_event_matter_id_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_event")),
        sa.UniqueConstraint("matter_id", "sequence", name=op.f("uq_history_event_matter_id_sequence")),
    )
    op.create_index(op.f("ix_history_event_actor_at"), "history_event", ["actor", "at"], unique=False)
    op.create_index(op.f("ix_history_event_at"), "history_event", ["at"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("matter_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "outcome in ('matter', 'repeat', 'out_of_scope', 'duplicate', 'error')", name=op.f("ck_import_row_outcome")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_import_row_matter_id_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("batch_id", "line", name=op.f("uq_import_row_batch_id_line")),
    )
    op.create_index(op.f("ix_import_row_batch_id_outcome"), "import_row", ["batch_id", "outcome"], unique=False)
    op.create_index(op.f("ix_import_row_matter_id"), "import_row", ["matter_id"], unique=False)
    op.create_table(
        "matter_accused",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("officer_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(unit_id, officer_id) = 1", name=op.f("ck_matter_accused_one")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_matter_accused_matter_id_matter")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_matter_accused_officer_id_officer")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_matter_accused_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_accused")),
        sa.UniqueConstraint(
            "matter_id",
            "unit_id",
            "officer_id",
            name=op.f("uq_matter_accused_matter_id_unit_id_officer_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_matter_accused_officer_id"), "matter_accused", ["officer_id"], unique=False)
    op.create_index(op.f("ix_matter_accused_unit_id"), "matter_accused", ["unit_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_notice_matter_id_matter")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_notice_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index(op.f("ix_notice_matter_id"), "notice", ["matter_id"], unique=False)
    op.create_index(op.f("ix_notice_officer_id"), "notice", ["officer_id", sa.literal_column("at desc")], unique=False)
    op.create_index(
        "ix_notice_unread", "notice", ["officer_id"], unique=False, postgresql_where=sa.text("read_at is null")
    )
    # A step rewrites its instance's row: room for the next version on the same page, and the state beside the row's columns.
    op.execute(
        "alter table instance set (fillfactor = 50, toast_tuple_target = 8160), alter column state set storage external"
    )
    op.execute(CLOCK_NOW)
    # Written with % signs, so not through SQLAlchemy's parameters.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
