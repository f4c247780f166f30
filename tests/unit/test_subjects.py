"""One file of all that six services keep: written as it comes, whole or naming what is missing."""

import hashlib
import io
import json

import pytest

from chassis.errors import Conflict, NotFound, RemoteBug, Unavailable
from contracts import SERVICES
from rapport_cli import subjects
from rapport_cli.subjects import compose

SUBJECT = {
    "request_id": "r1", "version": 3, "kind": "access", "customer_id": "ada", "contact_id": None,
    "old_ids": ["before"],
}  # fmt: skip
MAIL = {"kind": "mail", "value": "ada@example.com", "system": None}


class House:
    """Six services that keep rows of Ada; one of them may fail."""

    def __init__(self, **rows):
        self.rows, self.asked, self.failing = rows, [], {}
        self.identities, self.subject = [MAIL], SUBJECT

    def ask(self, service, method, payload):
        """Answer as a service does, two items at a time."""
        self.asked.append((service, method, payload))
        if method == "data_subject":
            return self.subject
        if method == "subject_identities":
            return self._page(self.identities, payload)
        if service in self.failing and payload.get("after"):
            raise self.failing[service]
        found = self.rows.get(service, [])
        if method == "warehouse_data":
            found = [("warehouse_events", {"event_id": str(payload)})]
        elif payload.get("identities"):
            found = self.rows.get(f"{service}_of_nobody", [])
        return self._page([{"table": table, "row": row} for table, row in found], payload)

    def _page(self, items, payload):
        start = int(payload.get("after", 0))
        return {
            "items": items[start : start + 2],
            "next": str(start + 2) if start + 2 < len(items) else None,
        }


def made(house):
    """Make the file; return what is told of it, its content and what it says."""
    paper = io.BytesIO()
    told = compose(house.ask, "r1", paper)
    return told, paper.getvalue(), json.loads(paper.getvalue())


ORDERS = [("orders", {"id": str(number), "customer_id": "ada"}) for number in range(5)]


class TestCompose:
    def test_writes_every_page_of_every_service(self):
        told, _, file = made(House(sales=ORDERS))

        assert [one["row"]["id"] for one in file["services"]["sales"]["rows"]] == list("01234")
        assert file["services"]["sales"]["counts"] == {"orders": 5}
        assert list(file["services"]) == list(SERVICES)
        assert (file["complete"], file["missing"], told.missing) == (True, {}, {})

    def test_says_whom_it_is_about(self):
        _, _, file = made(House())

        assert file["format"] == "rapport.access_file.v1"
        assert {name: file[name] for name in SUBJECT} == SUBJECT

    def test_tells_what_accounts_wants_to_note(self):
        told, content, _ = made(House(sales=ORDERS))

        assert told.noted["sha256"] == hashlib.sha256(content).hexdigest()
        assert told.noted["size"] == len(content)
        assert told.noted["services"]["sales"] == {"orders": 5}
        assert told.noted["services"].keys() == set(SERVICES)
        assert (told.noted["customer_id"], told.noted["old_ids"]) == ("ada", ["before"])

    def test_asks_every_service_for_what_says_who_it_is(self):
        house = House(sales_of_nobody=[("leads", {"id": "l1", "customer_id": None})])

        _, _, file = made(house)

        assert file["services"]["sales"]["counts"] == {"leads": 1}
        assert {one for one, _, payload in house.asked if payload.get("identities") == [MAIL]} == {
            *SERVICES
        }

    def test_asks_analytics_of_what_only_the_others_know_to_be_hers(self):
        house = House(
            sales=[("opportunities", {"id": "o1", "customer_id": "ada"})],
            sales_of_nobody=[("leads", {"id": "l1", "customer_id": None})],
        )

        made(house)

        records = [{"kind": "record", "value": one} for one in ("l1", "o1")]
        asked = [payload for one, _, payload in house.asked if one == "analytics"]
        assert records in [one.get("identities") for one in asked]
        assert [one["record_ids"] for one in asked if "record_ids" in one] == [["l1"]]

    def test_asks_for_a_contact_alone_and_nowhere_for_the_whole_customer(self):
        house = House(sales=[("leads", {"id": "l1", "customer_id": "acme", "contact_id": "ada"})])
        house.subject = SUBJECT | {"customer_id": "acme", "contact_id": "ada"}

        told, _, _ = made(house)

        asked = [payload for _, method, payload in house.asked if method == "customer_data"]
        assert {(one["customer_id"], one["contact_id"]) for one in asked} == {("acme", "ada")}
        (warehouse,) = [payload for _, method, payload in house.asked if method == "warehouse_data"]
        assert (warehouse["contact_id"], warehouse["of_customer"]) == ("ada", False)
        assert warehouse["record_ids"] == ["l1"]
        assert told.noted["contact_id"] == "ada"

    def test_gives_words_along_a_few_at_a_time(self):
        house = House()
        house.identities = [MAIL | {"value": f"{number}@example.com"} for number in range(120)]

        made(house)

        given = [
            len(p["identities"])
            for one, _, p in house.asked
            if one == "sales" and "identities" in p
        ]
        assert given == [50, 50, 20]


class TestWhatIsMissing:
    @pytest.mark.parametrize(
        "failure", [Unavailable("No.", code="rpc.timeout"), RemoteBug("sales.customer_data")]
    )
    def test_is_named_and_the_rest_is_there(self, failure):
        house = House(sales=ORDERS, telephony=[("calls", {"id": "c1", "customer_id": "ada"})])
        house.failing["sales"] = failure

        told, _, file = made(house)

        assert file["complete"] is False
        assert file["missing"]["sales"]["code"] == failure.code
        assert file["services"]["sales"]["counts"] == {"orders": 2}  # the page before
        assert file["services"]["telephony"]["counts"] == {"calls": 1}
        assert list(told.missing) == ["sales"]

    def test_nothing_is_made_of_who_is_refused(self):
        def refusing(*_):
            raise Conflict("Erased.", code="accounts.customer.erased")

        paper = io.BytesIO()

        with pytest.raises(Conflict):
            compose(refusing, "r1", paper)

        assert paper.getvalue() == b""

    def test_there_is_a_bound_on_what_is_remembered(self, monkeypatch):
        monkeypatch.setattr(subjects, "MOST_RECORDS", 1)
        deals = [("opportunities", {"id": str(one), "customer_id": "ada"}) for one in range(2)]

        told, _, _ = made(House(sales=deals))

        assert told.missing["sales"]["code"] == "access_file.too_many_records"

    def test_a_refusal_of_one_service_is_a_gap_too(self):
        house = House(sales=ORDERS)
        house.failing["sales"] = NotFound("None.", code="rpc.unknown_service")

        told, _, _ = made(house)

        assert told.missing["sales"]["code"] == "rpc.unknown_service"
