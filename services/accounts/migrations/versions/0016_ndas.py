"""Agreements on confidentiality, and to whom an exported file goes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "ndas",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permitted", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_ndas_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ndas")),
    )
    op.create_index("ix_ndas_customer", "ndas", ["customer_id", "id"])
    op.create_index(op.f("ix_ndas_entity_id"), "ndas", ["entity_id"])
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recipient", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("withheld", sa.JSON(), nullable=False, server_default="{}"))
