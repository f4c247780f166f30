"""Custom fields of customers and contacts, and the index of their values."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "custom_fields",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("unique", sa.Boolean(), nullable=False),
        sa.Column("personal", sa.Boolean(), nullable=False),
        sa.Column("searchable", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("default_value", sa.JSON(), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("refers_to", sa.String(length=40), nullable=True),
        sa.Column("indexing", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint(
            "entity_id", "kind", "key", name=op.f("uq_custom_fields_entity_id_kind_key")
        ),
    )
    with op.batch_alter_table("custom_fields", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_custom_fields_entity_id"), ["entity_id"], unique=False)

    op.create_table(
        "custom_index",
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("sole", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint(
            "field", "text", "number", "record_id", name=op.f("pk_custom_index")
        ),
        sa.UniqueConstraint("field", "sole", name=op.f("uq_custom_index_field_sole")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("custom_index", schema=None) as batch_op:
        batch_op.create_index("ix_custom_index_record", ["record_id", "field"], unique=False)

    # The release before enters customers without the column: its default is the database's too.
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("custom", sa.JSON(), server_default="{}", nullable=False))
        batch_op.create_index("ix_customers_ids", ["entity_id", "id"], unique=False)

    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("custom", sa.JSON(), server_default="{}", nullable=False))
        batch_op.create_index("ix_contacts_ids", ["entity_id", "id"], unique=False)
