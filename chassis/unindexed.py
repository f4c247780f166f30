"""What the migration that takes the indexes of entities away does, the same in every service.

A migration outlives the code around it: nothing here is ever changed, and nothing of the chassis is used.
"""

import sqlalchemy as sa
from alembic import op


def drop_entity_indexes() -> None:
    """Drop every index of the entity alone, whichever tables there are."""
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        for index in inspector.get_indexes(table):
            if index["column_names"] == ["entity_id"] and not index["unique"]:
                op.drop_index(str(index["name"]), table_name=table)
