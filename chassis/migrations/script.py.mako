"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    ${upgrades if upgrades else "pass"}
