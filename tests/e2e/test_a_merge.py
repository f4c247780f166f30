"""Two records are one customer: no row is lost in any service, and nobody answers the wrong one."""

import json
import threading

import pytest

from chassis.errors import Problem
from chassis.plain.stream import StreamReader
from chassis.topology.names import OPERATOR
from rapport_cli.events import END_SECONDS
from tests.support.belongings import added, case, counted, furnish, order, told
from tests.support.doors import PATIENCE
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

SERVICES = ("sales", "service_desk", "telephony", "marketing", "analytics")
PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}


def _customer(door, name):
    entered = {"name": name, "email": f"{name.lower()}@example.com", "on_match": "warn"}
    return door.call("accounts.register_customer", entered)["customer_id"]


def _named(door, id_):
    found = door.call("accounts.get_record", {"kind": "customer", "id": id_})
    return {"id": found["id"], "version": found["version"]}


def _merge(door, winner, *losers):
    names = {"winner": _named(door, winner), "losers": [_named(door, one) for one in losers]}
    return door.call("accounts.merge_customers", names)["merge_id"]


def _reached(door, merge_id, status):
    def there():
        found = door.call("accounts.merge_status", {"merge_id": merge_id})
        return found if found["status"] == status else None

    return eventually(there, seconds=PATIENCE, because=f"every service has answered: {status}")


def _settled(door):
    """Wait until everything was told and heard, so that counting sees it all."""
    door.read_up()
    orders, cases = door.count("sales", "orders"), door.count("service_desk", "cases")
    door.until("marketing", "orders_seen", orders)
    door.until("accounts", "interactions", orders, "source = 'sales.order'")
    door.until("accounts", "interactions", cases, "source = 'service_desk.case'")
    surveys = door.count("service_desk", "surveys")  # each is asked by mail
    door.until("accounts", "interactions", surveys, "source = 'marketing.send'")
    door.until("analytics", "lead_links", 2 * door.count("sales", "leads"))
    # Each handler of accounts has a queue of its own: one of them says nothing of the others.
    opened = door.count("sales", "opportunities")
    matched = door.count("sales", "leads", "customer_id is not null")
    for handler, number in (
        ("sales_made", orders),
        ("business_done", opened),
        ("leads_heard", opened + matched),
    ):
        door.until("accounts", "inbox", number, f"handler = '{handler}'")


def _shared(door, customer_id):
    """Return what was told in the log of whether a customer is shared, in order."""
    door.until("accounts", "outbox", 0)
    with StreamReader(door.house.uri_of(OPERATOR), place="first") as reader:
        told = [
            json.loads(one.body)
            for one in reader.read(END_SECONDS)
            if one.routing_key == "accounts.customer.shared.v1"
        ]
    return [one["shared"] for one in told if one["customer_id"] == customer_id]


@pytest.fixture(scope="module")
def two(whole_door):
    """Two customers with something of every kind in every service, and what they had."""
    door = whole_door
    door.call("sales.create_record", {"kind": "product", "values": PRODUCT})
    winner, loser = _customer(door, "Ada"), _customer(door, "Adda")
    for service, table in (
        ("sales", "customer_refs"),
        ("service_desk", "desk_customer_refs"),
        ("telephony", "telephony_customer_refs"),
        ("marketing", "marketing_customer_refs"),
    ):
        door.until(service, table, 2)
    for id_, name in ((winner, "Ada"), (loser, "Adda")):
        furnish(door, id_, name, f"{name.lower()}@example.com")
    _settled(door)
    return {
        "winner": winner, "loser": loser,
        "winners": counted(door, winner), "losers": counted(door, loser),
    }  # fmt: skip


@pytest.fixture(scope="module")
def merged(whole_door, two):
    """The merge, followed by everybody."""
    merge_id = _merge(whole_door, two["winner"], two["loser"])
    return _reached(whole_door, merge_id, "complete")


@pytest.fixture(scope="module")
def late(whole_door, two, merged):
    """An order and a case that still name the loser."""
    return {"order": order(whole_door, two["loser"]), "case": case(whole_door, two["loser"])}


class TestNothingIsLost:
    """Merge loses relations or data (pain point 3): counted before and after in every service."""

    def test_there_is_something_of_every_kind_to_lose(self, two):
        empty = [
            (service, table)
            for service, tables in two["losers"].items()
            for table, number in tables.items()
            if number == 0 and table != "external_ids"
        ]

        assert empty == []

    @pytest.mark.spec("ACC-40")
    def test_every_row_of_every_service_is_the_winners(self, whole_door, two, merged):
        both = added(two["winners"], two["losers"])
        both["accounts"]["contacts"] += 1  # the mail address that gave way
        both["accounts"]["consents"] -= 1  # of two statements on one thing the later one stands
        both["accounts"]["dealings"] -= 1  # they add up in one row

        assert counted(whole_door, two["winner"]) == both
        assert not any(
            number
            for tables in counted(whole_door, two["loser"]).values()
            for number in tables.values()
        )

    def test_each_service_says_how_much_it_has_moved(self, two, merged):
        said = {one["service"]: one["counts"] for one in merged["acknowledgements"]}

        assert said == told(two["losers"])


class TestWhoComesLate:
    """Replies go to the wrong one (pain point 4): what names the old id is the winner's."""

    def test_an_order_is_the_winners(self, whole_door, two, late):
        found = whole_door.call("sales.get_record", {"kind": "order", "id": late["order"]})

        assert found["customer_id"] == two["winner"]

    def test_a_case_is_the_winners(self, whole_door, two, late):
        found = whole_door.call("service_desk.get_record", {"kind": "case", "id": late["case"]})

        assert found["customer_id"] == two["winner"]

    def test_every_card_is_the_winners(self, whole_door, two, merged):
        for service in ("accounts", *SERVICES):
            cards = [
                whole_door.call(f"{service}.customer_card", {"customer_id": id_})["customer_id"]
                for id_ in (two["loser"], two["winner"])
            ]

            assert cards == [two["winner"], two["winner"]]

    def test_no_copy_has_the_loser(self, whole_door, two, merged):
        for service, table in (
            ("sales", "customer_refs"),
            ("service_desk", "desk_customer_refs"),
            ("telephony", "telephony_customer_refs"),
            ("marketing", "marketing_customer_refs"),
        ):
            here = f"id = '{two['loser']}' and (not erased or coalesce(name, '') <> '')"

            assert whole_door.count(service, table, here) == 0


class TestUndone:
    """What was merged by mistake comes apart, in every service (pain point 3)."""

    def test_each_has_its_own_again_and_what_came_later_stays(self, whole_door, two, merged):
        order_id = order(whole_door, two["loser"])
        _settled(whole_door)
        later = counted(whole_door, two["winner"])
        version = whole_door.call("accounts.merge_status", {"merge_id": merged["merge_id"]})
        asked = {"merge_id": merged["merge_id"], "version": version["version"]}

        whole_door.call("accounts.unmerge_customers", asked)
        undone = _reached(whole_door, merged["merge_id"], "undone")

        assert counted(whole_door, two["loser"]) == two["losers"]
        left = added(counted(whole_door, two["winner"]), two["losers"])
        left["accounts"]["consents"] -= 1
        left["accounts"]["contacts"] += 1
        left["accounts"]["dealings"] -= 1
        assert left == later
        found = whole_door.call("sales.get_record", {"kind": "order", "id": order_id})
        assert found["customer_id"] == two["winner"]
        said = {one["service"]: one["counts"] for one in undone["acknowledgements"]}
        there = told(two["losers"])
        assert {name: said[name] for name in SERVICES} == {name: there[name] for name in SERVICES}


class TestShared:
    """What the group shares is told over the bus as it is: when two become one, and when they part."""

    def test_the_others_hear_that_the_winner_is_shared_and_then_is_not(self, whole_door):
        door = whole_door
        winner, loser = _customer(door, "Di"), _customer(door, "Dia")
        window = {"customer_id": loser, "shared": True, "version": _named(door, loser)["version"]}
        door.call("accounts.share_customer", window)

        merge_id = _merge(door, winner, loser)
        version = _reached(door, merge_id, "complete")["version"]
        door.call("accounts.unmerge_customers", {"merge_id": merge_id, "version": version})
        _reached(door, merge_id, "undone")

        assert _shared(door, winner) == [True, False]
        assert _shared(door, loser) == [True, True]


class TestWhileCustomersAreAtWork:
    """A merge in the middle of the day: orders and cases come in for both while it runs."""

    def test_what_arrives_meanwhile_is_the_winners(self, whole_door, two):
        door = whole_door
        winner, loser = _customer(door, "Bo"), _customer(door, "Bob")
        for id_ in (winner, loser):
            door.until("sales", "customer_refs", 1, f"id = '{id_}'")
            door.until("service_desk", "desk_customer_refs", 1, f"id = '{id_}'")
        done, stop = {order: 0, case: 0}, threading.Event()

        def arrive(enter):
            while not stop.is_set():
                try:
                    enter(door, loser)
                except Problem:
                    continue  # told to come again; what was refused is not there
                done[enter] += 1

        arriving = [threading.Thread(target=arrive, args=(enter,)) for enter in done]
        for one in arriving:
            one.start()
        eventually(lambda: min(done.values()) >= 3, seconds=PATIENCE, because="some came before")
        merge_id = _merge(door, winner, loser)
        _reached(door, merge_id, "complete")
        after = dict(done)
        eventually(lambda: all(done[one] > after[one] for one in done), seconds=PATIENCE,
                   because="some came after")  # fmt: skip
        stop.set()
        for one in arriving:
            one.join()
        _settled(door)

        assert door.count("sales", "orders", f"customer_id = '{winner}'") == done[order]
        assert door.count("service_desk", "cases", f"customer_id = '{winner}'") == done[case]
        assert door.count("marketing", "orders_seen", f"customer_id = '{winner}'") == done[order]
        assert door.count("sales", "orders", f"customer_id = '{loser}'") == 0
        assert door.count("service_desk", "cases", f"customer_id = '{loser}'") == 0
        assert door.count("marketing", "orders_seen", f"customer_id = '{loser}'") == 0

    def test_two_merges_at_once_end_in_one(self, whole_door, two):
        door = whole_door
        first, second, loser = (_customer(door, name) for name in ("Cy", "Cyd", "Cyn"))
        begun, refused = [], []

        def go(winner):
            try:
                begun.append(_merge(door, winner, loser))
            except Problem as refusal:
                refused.append(refusal.code)

        going = [threading.Thread(target=go, args=(winner,)) for winner in (first, second)]
        for one in going:
            one.start()
        for one in going:
            one.join()

        assert (len(begun), len(refused)) == (1, 1)
        status = _reached(door, begun[0], "complete")
        assert status["winner_id"] in {first, second}
        assert (
            door.call("accounts.get_record", {"kind": "customer", "id": loser})["id"]
            == (status["winner_id"])
        )
