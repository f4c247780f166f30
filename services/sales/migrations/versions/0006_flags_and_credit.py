"""Flags and credit limits of customers, and orders that somebody should look at."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("flags", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("credit_limit_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("credit_currency", sa.String(length=3), nullable=True))
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("caution", sa.String(length=32), nullable=True))
