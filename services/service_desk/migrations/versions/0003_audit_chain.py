"""The values of the audit trail apart from its rows, and the chain over them."""

from chassis.chained import begin_chain

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the tables; the release before cannot write its trail from here on."""
    begin_chain()
