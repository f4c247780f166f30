"""The indexes of all services: SQLite, which knows no statistics, takes each for narrow."""

import pytest

from chassis.migrate import tables_of
from chassis.tables import Base
from contracts import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_none_has_the_entity_alone(service: str) -> None:
    tables = [Base.metadata.tables[name] for name in tables_of(service)]

    indexes = {index.name: index.columns.keys() for one in tables for index in one.indexes}

    assert indexes
    assert [name for name, columns in indexes.items() if list(columns) == ["entity_id"]] == []
