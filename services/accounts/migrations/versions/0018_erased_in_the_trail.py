"""Which records were erased, found by their ids alone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
_IS_ERASED = sa.text("verb = 'erased'")


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_index(
        "ix_audit_erased",
        "audit",
        ["record_id"],
        unique=False,
        sqlite_where=_IS_ERASED,
        postgresql_where=_IS_ERASED,
    )
