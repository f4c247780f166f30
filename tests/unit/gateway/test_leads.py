"""The form of somebody who wants to be contacted: once, whole, and by people."""

import pytest

from chassis import housekeeping
from chassis.errors import Unavailable
from services.sales.tables import Lead
from tests.support.gateway import LEAD, Front, a_shop


class TestCaptureLead:
    @pytest.mark.parametrize("request_", [{"json": LEAD}, {"data": LEAD}], ids=["json", "form"])
    def test_twice_the_same_is_one_lead(self, shop, request_):
        sales, front = shop

        answers = [front.post("/leads", **request_) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [202, 202]
        assert [lead.name for lead in sales.rows(Lead)] == ["Ada Ames"]

    def test_a_form_and_json_of_the_same_content_are_one_lead(self, shop):
        sales, front = shop

        front.post("/leads", json=LEAD)
        front.post("/leads", data=LEAD | {"company": ""})

        assert len(sales.rows(Lead)) == 1

    def test_stores_what_was_said_and_where_it_came_from(self, shop):
        sales, front = shop

        front.post("/leads", json=LEAD | {"message": "Ring me,\nplease: 你好", "country": "US"})

        (lead,) = sales.rows(Lead)
        assert (lead.source, lead.email, lead.country) == ("web", "ada@example.com", "US")
        assert lead.message == "Ring me,\nplease: 你好"

    def test_answers_with_nothing_personal(self, shop):
        _, front = shop

        answer = front.post("/leads", json=LEAD)

        assert answer.json() == {}

    @pytest.mark.parametrize(
        ("first", "second", "leads"),
        [("k1", "k1", 1), ("k1", "k2", 2), (None, "k1", 2)],
    )
    def test_the_sender_may_say_what_is_the_same(self, shop, first, second, leads):
        sales, front = shop

        for key in (first, second):
            front.post("/leads", json=LEAD, headers={"idempotency-key": key} if key else {})

        assert len(sales.rows(Lead)) == leads

    def test_a_key_of_the_senders_own_counts_whenever_it_comes(self, shop, monkeypatch):
        sales, front = shop
        front.post("/leads", json=LEAD, headers={"idempotency-key": "k1"})
        monkeypatch.setattr(housekeeping, "IDEMPOTENCY_HOURS", -1)
        monkeypatch.setattr(housekeeping, "PROCESS_DAYS", -1)
        purged = housekeeping.purge(sales.runtime)

        front.post("/leads", json=LEAD, headers={"idempotency-key": "k1"})

        assert len(sales.rows(Lead)) == 1
        assert purged == 0

    def test_two_strangers_who_choose_the_same_key_are_two(self, shop):
        sales, front = shop

        for name in ("Ada Ames", "Bob Bay"):
            front.post("/leads", json=LEAD | {"name": name}, headers={"idempotency-key": "1"})

        assert sorted(lead.name for lead in sales.rows(Lead)) == ["Ada Ames", "Bob Bay"]

    def test_the_same_content_on_another_day_is_another_lead(self, shop, monkeypatch):
        sales, front = shop
        front.post("/leads", json=LEAD)

        monkeypatch.setattr("services.gateway.doors.app.DAY_SECONDS", 1e-9)
        front.post("/leads", json=LEAD)

        assert len(sales.rows(Lead)) == 2

    def test_a_machine_that_fills_in_everything_is_thanked_and_forgotten(self, shop):
        sales, front = shop

        caught = front.post("/leads", json=LEAD | {"website": "http://spam.test"})
        taken = front.post("/leads", json=LEAD | {"website": ""})

        assert (caught.status_code, caught.content) == (taken.status_code, taken.content)
        assert len(sales.rows(Lead)) == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"name": None},
            {"name": ""},
            {"name": "a" * 201},
            {"name": "two\nlines"},
            {"email": None},
            {"email": "no address"},
            {"phone": "call me"},
            {"country": "usa"},
            {"message": "x" * 4001},
            {"message": "a\x00b"},
            {"campaign_id": "c" * 65},
            {"source": "partner"},
            {"external_ids": {"erp": "1"}},
        ],
        ids=str,
    )
    def test_refuses_what_is_not_valid(self, front, wired, change):
        answer = front.post("/leads", json=LEAD | change)

        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid.fields"
        assert set(answer.json()["fields"]) == set(change)
        assert wired.asked == []

    @pytest.mark.parametrize("key", ["", "two words", "k" * 129, "ä"])
    def test_refuses_a_key_that_is_none(self, front, wired, key):
        answer = front.post("/leads", json=LEAD, headers={"idempotency-key": key.encode()})

        assert (answer.status_code, answer.json()["code"]) == (422, "gateway.idempotency_key")
        assert wired.asked == []

    def test_a_lead_that_accounts_is_not_there_for_is_taken(self, tmp_path):
        with a_shop(tmp_path) as (sales, rooms):
            sales.runtime.link.closed = Unavailable("accounts is away")

            answer = Front(rooms).post("/leads", json=LEAD)

            assert answer.status_code == 202
            assert len(sales.rows(Lead)) == 1
