"""No index of the entity alone."""

from chassis.unindexed import drop_entity_indexes

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the indexes; what is there stays readable for the release before."""
    drop_entity_indexes()
