"""The entities of the group, and what they share."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def _record() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "entities",
        *_record(),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entities")),
    )
    op.create_table(
        "shared_customers",
        *_record(),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_shared_customers_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_customers")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_shared_customers_customer_id")),
    )
    for table in ("entities", "shared_customers"):
        op.create_index(op.f(f"ix_{table}_entity_id"), table, ["entity_id"])
