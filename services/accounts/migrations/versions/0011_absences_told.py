"""Absences are told with the member of the staff, to whoever deals out work."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Change the tables; absences that are known already are told with the next one."""
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("away", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.alter_column("away", server_default=None)
