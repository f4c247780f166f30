"""Files of every kind in place of the pieces of import files."""

import sqlalchemy as sa
from alembic import op

from chassis.filed import make_files

revision = "0010"
down_revision = "0009"

# An import file becomes a file of accounts itself: runs over it go on, and nobody reads it as his.
# What the release before still runs over one is tried again until this release takes it up.
FILES = """
INSERT INTO files (id, entity_id, version, event_seq, created_at, updated_at, name, media_type)
SELECT file_id, min(entity_id), 1, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'import', 'text/csv'
FROM import_chunks GROUP BY file_id
"""
PIECES = """
INSERT INTO file_pieces (file_id, number, start, size, sha256, content)
SELECT c.file_id, c.number, c.start, c.size, c.sha256, c.content
FROM import_chunks c JOIN files f ON f.id = c.file_id AND f.entity_id = c.entity_id
"""
_TIMERS = sa.table(
    "timers", *map(sa.column, ("id", "kind", "key")), sa.column("due", sa.DateTime(timezone=True))
)
_FILES = sa.table("files", sa.column("id"), sa.column("expires_at", sa.DateTime(timezone=True)))


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    make_files()
    op.execute(FILES)
    op.execute(PIECES)
    op.drop_table("import_chunks")
    op.create_table(
        "interaction_files",
        sa.Column("interaction_id", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["interactions.id"],
            name=op.f("fk_interaction_files_interaction_id"),
        ),
        sa.PrimaryKeyConstraint("interaction_id", "file_id", name=op.f("pk_interaction_files")),
    )
    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lifecycle", sa.String(length=32), nullable=True))

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("match_by", sa.String(length=32), nullable=True))
    op.create_table(
        "import_images",
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_images")),
    )
    with op.batch_alter_table("import_images", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_images_customer_id"), ["customer_id"], unique=False
        )

    with op.batch_alter_table("import_rows", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undone", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("undone_code", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("undone_fields", sa.JSON(), nullable=True))

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stopped_by", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("runs", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("revertible_until", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("revert_row", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reverted", sa.Integer(), nullable=True))
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rows_file_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("collected", sa.Integer(), nullable=True))
    op.create_table(
        "exports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=True),
        sa.Column("territory_id", sa.String(length=64), nullable=True),
        sa.Column("asked_by", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("sort", sa.String(length=40), nullable=True),
        sa.Column("descending", sa.Boolean(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exports_entity_id"), ["entity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exports_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exports_team_id"), ["team_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exports_territory_id"), ["territory_id"], unique=False)
    _keep_their_time()


def _keep_their_time() -> None:
    """Forget a file when it would have been; the key was entity and file, and is the file now."""
    connection, timers = op.get_bind(), _TIMERS.c
    old = sa.select(timers.id, timers.key, timers.due).where(timers.kind == "import.file_expired")
    for row in connection.execute(old).all():
        file_id = row.key.partition(":")[2]
        new = {"kind": "file.expired", "key": file_id}
        connection.execute(sa.update(_TIMERS).where(timers.id == row.id).values(new))
        due = sa.update(_FILES).where(_FILES.c.id == file_id).values(expires_at=row.due)
        connection.execute(due)
