"""How and when customers like to be called, and call-backs that move for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("telephony_customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=35), nullable=True))
        batch_op.add_column(sa.Column("preferred_channel", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("preferred_from", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("preferred_until", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("preferred_zone", sa.String(length=64), nullable=True))
    with op.batch_alter_table("callbacks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("agreed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    # Accounts has told them for a while: its snapshot is read anew, over what was copied.
    op.execute("UPDATE telephony_customer_refs SET sequence = 0")
    op.execute("DELETE FROM copy_states WHERE name = 'customers'")
