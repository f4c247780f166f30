"""How and when customers like to be turned to, and what waits for that."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("marketing_customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preferred_channel", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("preferred_from", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("preferred_until", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("preferred_zone", sa.String(length=64), nullable=True))
    with op.batch_alter_table("sends", schema=None) as batch_op:
        batch_op.add_column(sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("honours_preference", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    # Accounts has told them for a while: its snapshot is read anew, over what was copied.
    op.execute("UPDATE marketing_customer_refs SET sequence = 0")
    op.execute("DELETE FROM copy_states WHERE name = 'customers'")
