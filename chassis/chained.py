"""What the migration that begins the audit chain does, the same in every service.

A migration outlives the code around it: nothing here is ever changed, and nothing of the chassis is used.
"""

import hashlib
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

BATCH = 2_000
GROUP = "group"
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDIT = sa.table(
    "audit",
    sa.column("position", sa.BigInteger),
    sa.column("record_kind", sa.String),
    sa.column("record_id", sa.String),
    sa.column("entity_id", sa.String),
    sa.column("commitment", sa.String),
    sa.column("changes", sa.Text),
)
VALUES = sa.table(
    "audit_values",
    sa.column("position", sa.BigInteger),
    sa.column("salt", sa.String),
    sa.column("changes", sa.Text),
)


def begin_chain() -> None:
    """Put the values of the trail apart from its rows, which from now on only commit to them."""
    _make_tables()
    if op.get_bind().dialect.name == "sqlite":  # what is moved away stays in no free page
        op.execute("PRAGMA secure_delete = ON")
    for name, default in (("entity_id", GROUP), ("commitment", "")):
        column = sa.Column(name, sa.String(length=64), nullable=False, server_default=default)
        op.add_column("audit", column)
    with op.batch_alter_table(
        "audit", schema=None, table_kwargs={"sqlite_autoincrement": True}
    ) as batch_op:
        batch_op.alter_column("changes", existing_type=sa.Text(), nullable=True)
        batch_op.create_index("ix_audit_actor", ["actor", "position"], unique=False)
        batch_op.create_index("ix_audit_at", ["at", "position"], unique=False)
    _move_values()
    _name_entities()


def _make_tables() -> None:
    op.create_table(
        "audit_values",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_values")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", POSITION, nullable=False),
        sa.Column("last", POSITION, nullable=False),
        sa.Column("gaps", sa.Text(), nullable=False),
        sa.Column("late", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )


def _move_values() -> None:
    connection = op.get_bind()
    columns = AUDIT.c
    commit = sa.update(AUDIT).where(columns.position == sa.bindparam("its_position"))
    commit = commit.values(commitment=sa.bindparam("its_commitment"), changes=None)
    after = 0
    while True:
        query = sa.select(columns.position, columns.changes).where(columns.position > after)
        rows = connection.execute(query.order_by(columns.position).limit(BATCH)).all()
        if not rows:
            return
        moved = [_moved(position, changes) for position, changes in rows]
        connection.execute(sa.insert(VALUES), moved)
        connection.execute(commit, [_committed(one) for one in moved])
        after = rows[-1][0]


def _moved(position: int, changes: str) -> dict[str, Any]:
    return {"position": position, "salt": secrets.token_hex(16), "changes": changes}


def _committed(moved: dict[str, Any]) -> dict[str, Any]:
    said = f"{moved['salt']}{moved['changes']}".encode()
    commitment = hashlib.sha256(said).hexdigest()
    return {"its_position": moved["position"], "its_commitment": commitment}


def _name_entities() -> None:
    """Say of each row whose its record is; of a record that is gone nobody knows any more."""
    connection = op.get_bind()
    there = set(sa.inspect(connection).get_table_names())
    kinds = connection.scalars(sa.select(AUDIT.c.record_kind).distinct()).all()
    for kind in kinds:
        entity: Any = sa.null()
        if kind in there:
            record = sa.table(kind, sa.column("id", sa.String), sa.column("entity_id", sa.String))
            mine = record.c.id == AUDIT.c.record_id
            entity = sa.select(record.c.entity_id).where(mine).scalar_subquery()
        named = sa.update(AUDIT).where(AUDIT.c.record_kind == kind)
        connection.execute(named.values(entity_id=sa.func.coalesce(entity, GROUP)))
