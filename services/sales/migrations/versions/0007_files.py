"""Files in pieces."""

from chassis.filed import make_files

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables of files."""
    make_files()
