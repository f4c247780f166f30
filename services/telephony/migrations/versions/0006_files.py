"""Files in pieces."""

from chassis.filed import make_files

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of files."""
    make_files()
