"""The account of the orders is right about right books, and sees every fault in wrong ones."""

import shutil

import pytest

from chaos.load import books, papers
from contracts.erp import ORDER_UPSERT
from services.accounts.service import Accounts
from services.sales.service import Sales
from tests.support.accounted import a_dice, a_stage, plant
from tests.support.sales import a_room

ORDERS = 6


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write two databases and the ledger of an ERP that has heard every verdict."""
    folder = tmp_path_factory.mktemp("written")
    urls = {name: f"sqlite:///{folder / name}.db" for name in ("accounts", "sales")}
    with (
        a_room(Accounts, urls["accounts"], folder) as accounts,
        a_room(Sales, urls["sales"], folder) as sales,
    ):
        buyer = {"name": "Buyer B-1", "external_ids": {"erp": "B-1"}}
        admin = accounts.person("admin", "admin")
        made = accounts.call("register_customer", admin, **buyer)
        accounts.carry_to(sales)
        notes = [("buyer.registered", made["customer_id"], {"key": "B-1"})]
        notes += post_everything(sales)
        sales.carry_to(accounts)
    return folder, notes


def post_everything(sales):
    """Post orders, each revision twice and the newest first, and some that nobody can take."""
    dice, notes = a_dice(3), []
    batch = papers.products()
    for number in range(ORDERS):
        revisions = papers.order(f"{number}", "B-1", dice)
        batch += [*revisions[::-1], *revisions, papers.untakeable(f"{number}", "B-1", dice)]
    batch.append(papers.said_otherwise(revisions[-1], dice))
    for posting in batch:
        row = "erp_orders" if posting.is_order else "erp_products"
        sales.post(row, dict(posting.body), posting.message_id, posting.key)
        facts = {name: getattr(posting, name) for name in ("external_id", "revision", "verdict")}
        noun = "order" if posting.key == ORDER_UPSERT else "product"
        notes.append((f"{noun}.posted", posting.message_id, facts | {"body": posting.body}))
    for row, told in zip(sales.outbox(), sales.told(), strict=True):
        noun = "product" if "product" in row.routing_key else "order"
        if row.routing_key.startswith("erp."):
            facts = {"key": row.routing_key, "told": told}
            notes.append((f"{noun}.answered", told["message_id"], facts))
        elif row.routing_key == "sales.order.placed.v1":
            notes.append(("order.told", told["order_id"], {"event_id": row.id}))
    return list({(kind, id_): (kind, id_, facts) for kind, id_, facts in notes}.values())


@pytest.fixture
def account(written, tmp_path):
    """Return a function that plants a fault in the databases or the notes, and then accounts."""
    folder, notes = written

    def wrong(service="", statement="", but=lambda notes: notes):
        urls = {}
        for name in ("accounts", "sales"):
            shutil.copy(folder / f"{name}.db", tmp_path)
            urls[name] = f"sqlite:///{tmp_path / name}.db"
        if statement:
            assert plant(urls[service], statement) > 0
        with a_stage(tmp_path, **urls) as stage:
            for kind, id_, facts in but(list(notes)):
                stage.ledger.note(kind, id_, **facts)
            return list(books.wrong(stage, ()))

    return wrong


class TestWrong:
    def test_is_content_with_right_books(self, account):
        assert account() == []

    @pytest.mark.parametrize(
        ("service", "statement", "said"),
        [
            ("sales", "delete from orders where external_id = 'O-1'",
             "order O-1 was acknowledged and is not there"),
            ("sales", "update orders set revision = revision - 1 where external_id = 'O-1'",
             "order O-1 has revision"),
            ("sales", "update orders set total_minor = 1 where external_id = 'O-1'",
             "order O-1 has total_minor 1"),
            ("sales", "update orders set customer_id = 'another' where external_id = 'O-1'",
             "order O-1 is of another"),
            ("sales", "update orders set external_id = 'R-1' where external_id = 'O-1'",
             "order R-1 is there and should not be"),
            ("sales", "delete from order_lines where line_key = '1'", "has other lines than"),
            ("sales", "update order_lines set quantity = 100", "has other lines than"),
            ("sales", "delete from products where sku = 'CHAOS-3'",
             "product CHAOS-3 was acknowledged and is not there"),
            ("sales", "delete from customer_refs", "copy in sales"),
            ("accounts", "delete from interactions where subject = 'Order O-1'",
             "touch of order O-1 was acknowledged and is not there"),
            ("accounts", "update interactions set subject = 'Order O-2' where subject = 'Order O-1'",
             "touch of order O-2 is there twice"),
            ("accounts", "update interactions set source_key = 'x' where subject = 'Order O-1'",
             "has a foreign Order O-1"),
            ("accounts", "update customers set name = 'Nobody'", "customer Buyer B-1"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_in_a_database(self, account, service, statement, said):
        found = account(service, statement)

        assert [sentence for sentence in found if said in sentence]

    def test_says_that_a_message_got_no_verdict(self, account):
        found = account(but=lambda notes: [n for n in notes if n[0] != "product.answered"])

        assert len(found) == len(papers.SKUS)
        assert all("no verdict on message" in sentence for sentence in found)

    def test_says_that_an_order_was_told_of_by_two_events(self, account):
        def double(notes):
            told = next(note for note in notes if note[0] == "order.told")
            return [*notes, ("order.told", told[1], {"event_id": "another"})]

        (found,) = account(but=double)

        assert found.startswith("news of order")
        assert found.endswith("is there twice")

    @pytest.mark.parametrize("changed", [{"outcome": "created"}, {"total_minor": -1}])
    def test_says_that_a_verdict_is_another_than_it_can_be(self, account, changed):
        def change(notes):
            return [
                (kind, id_, facts | {"told": facts["told"] | changed})
                if kind == "order.answered" and facts["told"].get("outcome") == "superseded"
                else (kind, id_, facts)
                for kind, id_, facts in notes
            ]

        assert account(but=change)

    def test_says_that_what_nobody_can_take_was_accepted(self, account):
        def accept(notes):
            return [
                (kind, id_, facts | {"verdict": papers.ACCEPTED})
                if kind == "order.posted" and facts["external_id"] == "R-1"
                else (kind, id_, facts)
                for kind, id_, facts in notes
            ]

        found = account(but=accept)

        assert [one for one in found if one.startswith("order R-1 should be accepted and is ")]
