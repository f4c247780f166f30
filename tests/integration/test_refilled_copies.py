"""A migration that adds to a copy of customers has the owner's snapshot read over what was copied."""

import runpy
from importlib import import_module
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from chassis import copies, migrate
from chassis.database import Database
from services.marketing.service import Marketing
from services.marketing.tables import CustomerRef as MarketingCustomer
from services.telephony.service import Telephony
from services.telephony.tables import CustomerRef as TelephonyCustomer
from tests.support.sales import a_room

ADDING = [
    (Marketing, MarketingCustomer, "*_preferences.py"),
    (Telephony, TelephonyCustomer, "*_preferences.py"),
]
TOLD = {
    "customer_id": "c1", "version": 3, "kind": "person", "name": "Ada", "sequence": 5,
    "preferred_channel": "phone", "preferred_zone": "Europe/Berlin",
}  # fmt: skip


class Owner:
    """Accounts, which has one customer."""

    def call(self, service, method, payload, **options):
        return {"items": [TOLD], "next": "1", "more": False}


def as_before(service: str, file: str, url: str) -> None:
    """Bring a database to the revision before a migration."""
    (home,) = import_module(f"services.{service}").__path__
    (found,) = (Path(home) / "migrations" / "versions").glob(file)
    before = runpy.run_path(str(found))["down_revision"]
    upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrate.command, "upgrade", lambda config, _: upgrade(config, before))
        migrate.upgrade(service, url)


@pytest.mark.parametrize(("page", "copy", "file"), ADDING, ids=lambda one: str(one)[:40])
def test_what_the_copy_lacked_is_filled_in(database_url, tmp_path, page, copy, file):
    as_before(page.name, file, database_url)
    row = "INSERT INTO {} (id, sequence, erased, version, name) VALUES ('c1', 5, false, 3, 'Ada')"
    complete = "INSERT INTO copy_states (name, complete, refreshed_at) VALUES ('customers', 1, 0)"
    before = Database(database_url)
    with before.engine.begin() as connection:
        connection.execute(text(row.format(copy.__tablename__)))
        connection.execute(text(complete))
    before.close()
    migrate.upgrade(page.name, database_url)

    with a_room(page, database_url, tmp_path) as room:
        room.runtime.link = Owner()
        (customers,) = [one for one in copies.incomplete(room.runtime) if one.table is copy]
        copies.refresh(room.runtime, customers)

        (kept,) = room.rows(copy)
        assert (kept.preferred_channel, kept.preferred_zone) == ("phone", "Europe/Berlin")
