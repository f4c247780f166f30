"""What alembic runs for every service: one connection, one transaction (see chassis/migrate.py)."""

from alembic import context

context.configure(**context.config.attributes["options"])
with context.begin_transaction():
    context.run_migrations()
