"""Tags told by accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("marketing_customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tags", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_tags", sa.JSON(none_as_null=True), nullable=True))
