"""A data subject may be one contact of a customer."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Change the tables; requests of before are about the whole customer."""
    with op.batch_alter_table("privacy_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contact_id", sa.String(length=64), nullable=True))
