"""How somebody was known who is being erased, until every service has answered."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "erased_identities",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("system", sa.String(length=40), nullable=True),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "place", name=op.f("pk_erased_identities")),
    )
