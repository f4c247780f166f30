"""The first row of an import file may name all five hundred custom fields."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Change the table; what was there before stays readable for the release before."""
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.alter_column("header", type_=sa.String(length=24_000), existing_nullable=False)
