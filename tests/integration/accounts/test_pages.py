"""Lists of customers while others write, snapshots for copies, and the card."""

import pytest

from chassis.errors import Invalid
from chassis.ids import new_id
from tests.support.accounts import ANN, Desk, a_customer, a_staff


class TestPainPoint13Paging:
    """Paging misses or repeats records (pain point 13)."""

    def test_under_concurrent_writes_each_stable_customer_comes_once(self, desk: Desk) -> None:
        stable = {a_customer(desk, name=f"Stable {n:03}")["customer_id"] for n in range(40)}
        seen: list[str] = []
        after = None
        while True:
            page = desk.ask("find_records", kind="customer", sort="name", limit=7, after=after)
            seen += [one["id"] for one in page["items"]]
            # Before and behind the cursor, so that an offset would miss one and repeat another.
            a_customer(desk, name=f"Another {new_id()}")
            a_customer(desk, name=f"Stable zz {new_id()}")
            after = page["next"]
            if after is None or len(seen) > 60:
                break

        assert [id_ for id_ in seen if id_ in stable] == sorted(stable, key=seen.index)
        assert stable <= set(seen)
        assert len(seen) == len(set(seen))

    def test_a_snapshot_meets_every_customer_once_with_its_sequence(self, desk: Desk) -> None:
        ids = {a_customer(desk)["customer_id"] for _ in range(23)}
        changed = min(ids)
        desk.ask("update_customer", customer_id=changed, version=1, changes={"city": "Rye"})
        items: list[dict[str, object]] = []
        cursor, more = None, True
        while more:
            page = desk.ask("customers_changed_since", cursor=cursor, limit=10)
            items += page["items"]
            cursor, more = page["next"], page["more"]

        assert [one["customer_id"] for one in items] == sorted(ids)
        assert cursor is None
        assert items[0]["sequence"] == 4  # created, recorded, updated, recorded
        last = desk.told("accounts.customer.recorded.v1")[-1]
        assert {name: last[name] for name in items[0] if name != "sequence"} == {
            name: value for name, value in items[0].items() if name != "sequence"
        }

    def test_refuses_a_cursor_of_another_list(self, desk: Desk) -> None:
        with pytest.raises(Invalid):
            desk.ask("customers_changed_since", cursor="bm9uc2Vuc2U=")


class TestCard:
    def test_each_section_says_when_it_was_true(self, desk: Desk) -> None:
        rita = a_staff(desk)["id"]
        id_ = desk.ask("register_customer", **ANN, owner_id=rita)["customer_id"]
        desk.ask("register_contact", customer_id=id_, name="Bob", email="bob@lee.org")
        desk.ask("record_interaction", customer_id=id_, kind="call", subject="Hello",
                 source="desk", source_key="1", at="2017-01-02T03:04:05Z")  # fmt: skip

        card = desk.ask("customer_card", customer_id=id_)

        sections = ("profile", "contacts", "external_ids", "ownership", "interactions")
        assert all(card[name]["as_of"].endswith("Z") for name in sections)
        assert card["profile"]["customer"]["name"] == "Ann Lee"
        assert card["contacts"]["items"][0]["name"] == "Bob"
        assert card["ownership"]["owner_id"] == rita
        assert card["ownership"]["history"][0]["reason"] == "registered"
        assert card["interactions"]["last_at"] == "2017-01-02T03:04:05.000000Z"
