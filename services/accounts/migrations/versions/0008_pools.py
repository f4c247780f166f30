"""Public pools, claims, caps, and the dealings that ownership hangs on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "allocation_items",
        sa.Column("allocation_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("previous_owner_id", sa.String(length=64), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("allocation_id", "number", name=op.f("pk_allocation_items")),
    )
    with op.batch_alter_table("allocation_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_allocation_items_customer", ["allocation_id", "customer_id"], unique=False
        )
        batch_op.create_index(
            "ix_allocation_items_pending", ["allocation_id", "verdict", "number"], unique=False
        )

    op.create_table(
        "allocation_turns",
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("rotation", sa.String(length=145), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "entity_id", "rotation", "staff_id", name=op.f("pk_allocation_turns")
        ),
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=True),
        sa.Column("territory_id", sa.String(length=64), nullable=True),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("rotation", sa.String(length=80), nullable=False),
        sa.Column("absent", sa.String(length=32), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=True),
        sa.Column("from_staff_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    with op.batch_alter_table("allocations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocations_entity_id"), ["entity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocations_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocations_team_id"), ["team_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_allocations_territory_id"), ["territory_id"], unique=False
        )

    op.create_table(
        "drop_rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demand", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("warning_days", sa.Integer(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("lifecycles", sa.JSON(), nullable=False),
        sa.Column("spares_won", sa.Boolean(), nullable=False),
        sa.Column("spares_open", sa.Boolean(), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_rules")),
    )
    with op.batch_alter_table("drop_rules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drop_rules_entity_id"), ["entity_id"], unique=False)

    op.create_table(
        "claim_counts",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pool_id", "staff_id", "day", name=op.f("pk_claim_counts")),
    )
    op.create_table(
        "ownership_caps",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("staff_ids", sa.JSON(), nullable=False),
        sa.Column("team_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownership_caps")),
    )
    with op.batch_alter_table("ownership_caps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ownership_caps_entity_id"), ["entity_id"], unique=False
        )

    op.create_table(
        "pools",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("member_ids", sa.JSON(), nullable=False),
        sa.Column("team_ids", sa.JSON(), nullable=False),
        sa.Column("admin_ids", sa.JSON(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("shown_fields", sa.JSON(), nullable=False),
        sa.Column("daily_claims", sa.Integer(), nullable=True),
        sa.Column("cooling_days", sa.Integer(), nullable=False),
        sa.Column("is_explicit", sa.Boolean(), nullable=False),
        sa.Column("territory_ids", sa.JSON(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("lifecycles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
    )
    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pools_entity_id"), ["entity_id"], unique=False)

    op.create_table(
        "dealings",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("open_opportunities", sa.Integer(), nullable=False),
        sa.Column("last_opportunity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_deal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drop_warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drop_warned_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_dealings_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_dealings")),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("customer_version", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_claims_customer_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_claims_pool_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_claims_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint(
            "customer_id", "customer_version", name=op.f("uq_claims_customer_id_customer_version")
        ),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index("ix_claims_pool", ["pool_id", "customer_id"], unique=False)

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pool_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))

    op.create_index(
        "ix_customers_free",
        "customers",
        ["entity_id", "id"],
        unique=False,
        postgresql_where=sa.text("owner_id IS NULL"),
        sqlite_where=sa.text("owner_id IS NULL"),
    )

    with op.batch_alter_table("ownerships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("pool_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("batch_id", sa.String(length=64), nullable=True))

    # Who has bought is known from the timeline; opportunities are heard of from now on.
    op.execute(
        "INSERT INTO dealings (customer_id, open_opportunities, last_deal_at) "
        "SELECT customer_id, 0, max(at) FROM interactions WHERE source = 'sales.order' "
        "GROUP BY customer_id"
    )
