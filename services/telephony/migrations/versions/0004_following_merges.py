"""Old ids of customers, and what was re-pointed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
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
        "moved",
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("from_id", sa.String(length=64), nullable=False),
        sa.Column("record_key", sa.String(length=400), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", "kind", "from_id", "record_key", name=op.f("pk_moved")),
    )
