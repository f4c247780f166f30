"""What the migration that lets a service follow merges does, the same in every service but accounts.

A migration outlives the code around it: nothing here is ever changed, and nothing of the chassis is used.
"""

import sqlalchemy as sa
from alembic import op


def begin_following() -> None:
    """Make the tables of old ids, and of what was re-pointed when two customers became one."""
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
