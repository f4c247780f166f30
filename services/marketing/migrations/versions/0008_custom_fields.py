"""Custom fields of customers, for conditions of segments."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "marketing_field_refs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("type", sa.String(length=40), nullable=True),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketing_field_refs")),
    )
    with op.batch_alter_table("marketing_field_refs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_marketing_field_refs_key"), ["key"], unique=False)

    with op.batch_alter_table("marketing_customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("custom", sa.JSON(), nullable=True))

    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("custom", sa.JSON(), nullable=True))
