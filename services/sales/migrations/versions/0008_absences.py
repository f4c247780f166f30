"""When the staff is away."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("staff_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("away", sa.JSON(), nullable=True))
