"""Merges, old ids, and what was re-pointed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "acknowledgements",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "service", name=op.f("pk_acknowledgements")),
    )
    op.create_table(
        "aliases",
        sa.Column("old_id", sa.String(length=64), nullable=False),
        sa.Column("new_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("old_id", name=op.f("pk_aliases")),
    )
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aliases_new_id"), ["new_id"], unique=False)

    op.create_table(
        "followings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followings")),
    )
    with op.batch_alter_table("followings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followings_entity_id"), ["entity_id"], unique=False)

    op.create_table(
        "merge_members",
        sa.Column("merge_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("is_winner", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("merge_id", "customer_id", name=op.f("pk_merge_members")),
    )
    with op.batch_alter_table("merge_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merge_members_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "merged_customers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merge_id", sa.String(length=64), nullable=False),
        sa.Column("winner_id", sa.String(length=64), nullable=False),
        sa.Column("now_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("customer_version", sa.Integer(), nullable=False),
        sa.Column("image", sa.JSON(), nullable=False),
        sa.Column("external_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_customers")),
    )
    with op.batch_alter_table("merged_customers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merged_customers_entity_id"), ["entity_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_merged_customers_merge_id"), ["merge_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_merged_customers_now_id"), ["now_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merged_customers_number"), ["number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_merged_customers_winner_id"), ["winner_id"], unique=False
        )

    op.create_table(
        "merges",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=True),
        sa.Column("territory_id", sa.String(length=64), nullable=True),
        sa.Column("winner_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("consents", sa.JSON(), nullable=False),
        sa.Column("contacts", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merges_entity_id"), ["entity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_team_id"), ["team_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_territory_id"), ["territory_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_task_id"), ["task_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_winner_id"), ["winner_id"], unique=False)

    op.create_table(
        "moved",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("from_id", sa.String(length=64), nullable=False),
        sa.Column("record_key", sa.String(length=400), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "kind", "from_id", "record_key", name=op.f("pk_moved")),
    )
