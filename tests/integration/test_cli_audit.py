"""The chain of the audit trail is reckoned beside the service, by command."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pika
import pytest
from click.testing import CliRunner, Result

from chassis import migrate, verifying
from chassis.clock import Clock
from chassis.database import Database
from chassis.envelope import Envelope
from chassis.erasing import erase_values
from chassis.origin import internal
from chassis.work import working
from rapport_cli.main import main
from services.sales.tables import Product
from tests.support.bus import Bus, bus, fresh_bus
from tests.support.cli import operator
from tests.support.trail import seal, tamper, verdict

__all__ = ["bus", "fresh_bus"]


@pytest.fixture
def stored(database_url: str) -> Iterator[Database]:
    """A migrated database of sales with a sealed chain of three rows and one that waits."""
    yield from sales_at(database_url)


def sales_at(url: str) -> Iterator[Database]:
    """Open sales with four products, the last of them not sealed."""
    migrate.upgrade("sales", url)
    database = Database(url)
    for number in range(4):
        if number == 3:
            seal(database)
        a_product(database, f"p{number}")
    yield database
    database.close()


def a_product(database: Database, id_: str) -> None:
    """Enter a product."""
    with working(database, Clock(), internal("sales", "test")) as work:
        named = {"sku": id_, "name": id_, "category": "c", "sub_category": "s"}
        work.add(Product(id=id_, active=True, **named))


def rapport(database: Database, *words: str) -> Result:
    """Run `rapport audit verify` on the database of sales."""
    url = database.url.render_as_string(hide_password=False)
    command = ["audit", "verify", "--service", "sales", "--database-url", url]
    return CliRunner().invoke(main, [*command, *words])


class TestVerify:
    def test_says_that_it_holds_and_where_it_ends(self, stored: Database) -> None:
        done = rapport(stored)

        head = verdict(stored).head
        assert (done.exit_code, done.stdout.splitlines()) == (
            0,
            [
                "sales: the chain of 3 rows in 1 seals holds; 1 wait for a seal.",
                f"sales: its head is sales:1:{head}.",
            ],
        )

    def test_counts_what_was_erased(self, stored: Database) -> None:
        with working(stored, Clock(), internal("sales", "test")) as work:
            erase_values(work, [("products", "p1")])
        seal(stored)

        done = rapport(stored)

        assert done.exit_code == 0
        assert "the chain of 5 rows in 2 seals holds; the values of 2 were erased." in done.stdout

    def test_says_where_it_breaks_and_fails(self, stored: Database) -> None:
        tamper(stored, "UPDATE audit SET actor = 'person:eve' WHERE record_id = 'p1'")
        (found,) = verdict(stored).faults

        done = rapport(stored)

        assert done.exit_code == 1
        assert done.stdout.splitlines()[:2] == [
            f"sales: {found}",
            "sales: the chain of 3 rows in 1 seals does not hold; 1 wait for a seal.",
        ]
        assert json.loads(rapport(stored, "--json").stdout)["sales"]["faults"] == [found]

    def test_misses_a_seal_that_somebody_kept(self, stored: Database) -> None:
        head = verdict(stored).head
        tamper(stored, "DELETE FROM audit_seals")
        tamper(stored, "DELETE FROM audit WHERE record_id <> 'p0'")
        tamper(stored, "DELETE FROM audit_values WHERE changes NOT LIKE '%p0%'")

        assert rapport(stored).exit_code == 0
        done = rapport(stored, "--head", f"sales:1:{head}")

        assert done.exit_code == 1
        assert "The log tells of seal 1, but the chain ends at seal 0" in done.stdout

    @pytest.mark.parametrize("head", ["sales", "sales:x:" + "0" * 64, "sales:1:abc", "shop:1:0"])
    def test_wants_a_head_that_is_one(self, stored: Database, head: str) -> None:
        assert rapport(stored, "--head", head).exit_code == 2


def tell_head(bus: Bus, number: int, digits: str) -> None:
    """Tell of a seal as sales does."""
    type_ = "sales.audit.sealed.v1"
    envelope = Envelope(
        str(uuid.uuid4()), "/crm/sales", type_, "2017-11-08T09:30:00.000000Z", "sales",
        f"/schemas/{type_}.json", "c1", "c1", number,
    )  # fmt: skip
    body = json.dumps({"chain": "sales", "number": number, "rows": 3, "hash": digits}).encode()
    connection = bus.connect("sales")
    properties = pika.BasicProperties(headers=envelope.headers(), delivery_mode=2)
    connection.channel().basic_publish("sales.events", type_, body, properties)
    connection.close()


class TestAgainstTheLog:
    def test_finds_that_the_end_was_cut_off(self, fresh_bus: Bus, sqlite_url: str) -> None:
        for database in sales_at(sqlite_url):
            tell_head(fresh_bus, 1, verdict(database).head)
            options = ["--service", "sales", "--database-url", sqlite_url, "--log"]

            whole = operator(fresh_bus, "audit", "verify", *options)
            tamper(database, "DELETE FROM audit_seals")
            cut = operator(fresh_bus, "audit", "verify", *options)

        assert (whole.exit_code, cut.exit_code) == (0, 1)
        assert "its last rows were removed" in cut.stdout

    def test_finds_that_the_chain_was_written_anew_and_told_anew(
        self, fresh_bus: Bus, sqlite_url: str
    ) -> None:
        for database in sales_at(sqlite_url):
            tell_head(fresh_bus, 1, verdict(database).head)
            tell_head(fresh_bus, 1, verdict(database).head)  # sent again
            options = ["--service", "sales", "--database-url", sqlite_url, "--log"]
            whole = operator(fresh_bus, "audit", "verify", *options)
            tamper(database, "DELETE FROM audit_seals")
            tamper(database, "UPDATE audit SET actor = 'person:eve' WHERE record_id = 'p1'")
            seal(database)
            # Who can write a database can let its service tell whatever he likes: by its outbox.
            tell_head(fresh_bus, 1, verdict(database).head)

            forged = operator(fresh_bus, "audit", "verify", *options)

        assert (whole.exit_code, forged.exit_code) == (0, 1)
        assert "Seal 1 is not the one that the log tells of." in forged.stdout


def test_sees_one_state_although_somebody_is_erased_meanwhile(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = verifying._link

    def erased_meanwhile(walk: verifying._Walk, row: Any) -> None:
        with working(stored, Clock(), internal("sales", "test")) as work:
            erase_values(work, [("products", "p1")])
        link(walk, row)

    monkeypatch.setattr(verifying, "_link", erased_meanwhile)

    done = rapport(stored)

    assert (done.exit_code, "the chain of 3 rows in 1 seals holds" in done.stdout) == (0, True)
