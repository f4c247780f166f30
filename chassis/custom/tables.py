"""What is stored of custom fields; a service that offers them names both tables among its own."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from chassis.custom.kinds import KEY_LENGTH, MAX_FOUND_TEXT, MAX_LABEL, FieldType
from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, Record


class CustomField(Record):
    """A field that an entity of the group defined for a kind of record; its key never changes."""

    __tablename__ = "custom_fields"
    __table_args__ = (UniqueConstraint("entity_id", "kind", "key"),)

    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    type: Mapped[FieldType]
    label: Mapped[str] = mapped_column(String(MAX_LABEL), info=PERSONAL)  # free text
    required: Mapped[bool]
    unique: Mapped[bool]
    personal: Mapped[bool]
    searchable: Mapped[bool]
    active: Mapped[bool]
    default_value: Mapped[Any | None] = mapped_column(JSON(none_as_null=True), info=PERSONAL)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)  # kinds.Rules
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSON, info=PERSONAL)  # kinds.Option
    refers_to: Mapped[str | None] = mapped_column(String(40))
    # The round in which all records are being brought into the index; None when that is done.
    indexing: Mapped[str | None] = mapped_column(String(ID_LENGTH))


# One row for each value that can be found; a tree's option also for what it stands below. Text or
# number is empty where the type has none, so that one key finds, sorts and pages every type.
CUSTOM_INDEX = Table(
    "custom_index",
    Base.metadata,
    Column("field", String(ID_LENGTH), primary_key=True),  # the id of its definition
    Column("text", String(MAX_FOUND_TEXT), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", String(ID_LENGTH), primary_key=True),
    Column("sole", String(64)),  # SHA-256 of a value that only one record may have
    UniqueConstraint("field", "sole"),
    Index("ix_custom_index_record", "record_id", "field"),
    sqlite_with_rowid=False,
)
CUSTOM_FIELDS = Base.metadata.tables[CustomField.__tablename__]


def values() -> MappedColumn[dict[str, Any]]:
    """Return the column for a record's values, by the keys of their fields."""
    return mapped_column(JSON, default=dict, server_default="{}", info=PERSONAL)
