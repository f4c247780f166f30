"""Tags of leads."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tags", sa.JSON(none_as_null=True), nullable=True))
