"""The values of the audit trail apart from its rows, and the chain over them."""

from chassis.chained import begin_chain

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the tables; what the release before still writes is taken over when it is sealed."""
    begin_chain()
