"""A batch keeps why people got more than they may own, and who has too many after it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Change the tables; batches of before were bound by no cap and say nothing."""
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("over_cap", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("people_over_cap", sa.JSON(), nullable=False, server_default="[]")
        )
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.alter_column("people_over_cap", server_default=None)
