"""Old ids of customers, and what was re-pointed."""

from chassis.followed import begin_following

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of old ids and of what was re-pointed."""
    begin_following()
