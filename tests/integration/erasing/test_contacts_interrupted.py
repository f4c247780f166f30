"""One contact is erased chunk by chunk, through deaths and while others write (pain point 24)."""

import contextlib
import itertools

import pytest

from chassis import claiming, following, moving, wiping
from chassis.errors import Problem
from services.accounts.tables import Contact, Customer
from services.accounts.usecases import erasing_contacts
from tests.support.contacts import (
    SWITCHBOARD,
    Company,
    a_company,
    asked_for,
    contact_erased,
    traces_before,
    words_of_the_contact,
)
from tests.support.dying import dying, meanwhile
from tests.support.erasures import everywhere, followed, through_deaths
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import NAME, PHONE, SECRET

KINDS = ("erase_customer", "follow_customer")


def _known(rooms: Rooms) -> Company:
    traces_before(rooms)
    company = a_company(rooms)
    words_of_the_contact(rooms, company)
    return company


class TestDeathsInAnErasureOfAContact:
    def test_around_every_step_change_nothing(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = _known(rooms)
        known = asked_for(rooms, company)

        with dying(monkeypatch, *KINDS) as deaths:
            through_deaths(rooms, known)

        certificate = followed(rooms, str(known["request_id"]))
        assert {one.partition(" ")[0] for one in deaths.died} == set(KINDS)
        assert len(deaths.died) > 100
        assert certificate["status"] == "done"
        assert certificate["services"]["accounts"]["contacts"] == 1
        assert certificate["services"]["accounts"]["interactions"] == 2
        assert certificate["services"]["sales"]["leads_of_nobody"] == 1
        assert everywhere(rooms) == []
        assert len(rooms.accounts.told("accounts.contact.erased.v1")) == 1
        assert [one.id for one in rooms.accounts.rows(Customer)] == [company.id]


class TestChunks:
    def test_of_one_record_are_as_good_as_one_of_all(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = _known(rooms)
        for room in (claiming, wiping, moving, erasing_contacts):
            monkeypatch.setattr(room, "CHUNK", 1)
        monkeypatch.setattr(following, "IDENTITIES_AT_ONCE", 1)

        certificate = contact_erased(rooms, company)

        assert certificate["status"] == "done"
        assert certificate["services"]["accounts"]["interactions"] == 2
        assert everywhere(rooms) == []
        assert [one.id for one in rooms.accounts.rows(Contact)] == [company.colleague]


class TestBetweenAnyTwoStepsOfAContact:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_what_names_the_contact_is_refused_or_erased(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = _known(rooms)
        number, outcomes = itertools.count(), []
        theirs = {"customer_id": company.id, "contact_id": company.person}
        touch = {"kind": "call", "subject": SECRET, "source": "meanwhile"}
        worth = {"title": f"for {NAME}", "amount_minor": 1, "currency": "USD"}

        def write() -> None:
            for way, words in (
                ("accounts.record_interaction", touch | {"source_key": str(next(number))}),
                ("accounts.add_contact_point", {"medium": "phone", "value": PHONE}),
                ("sales.open_opportunity", worth),
            ):
                try:
                    rooms.call(way, **theirs, **words)
                    outcomes.append("written")
                except Problem as refused:
                    outcomes.append(refused.code)

        with meanwhile(monkeypatch, write):
            certificate = contact_erased(rooms, company)
        rooms.settle()

        assert certificate["status"] == "done"
        assert {"accounts.contact.erased", "sales.contact.erased", "written"} <= set(outcomes)
        assert everywhere(rooms) == []

    def test_who_is_put_under_the_contact_reports_to_nobody(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = a_company(rooms)

        def write() -> None:
            (one,) = [o for o in rooms.accounts.rows(Contact) if o.id == company.colleague]
            asked = {"contact_id": one.id, "version": one.version}
            with contextlib.suppress(Problem):
                rooms.call("accounts.place_contact", **asked, reports_to_id=company.person)

        with meanwhile(monkeypatch, write):
            contact_erased(rooms, company)

        (left,) = rooms.accounts.rows(Contact)
        assert (left.id, left.reports_to_id, left.phone_e164) == (
            company.colleague, None, SWITCHBOARD,
        )  # fmt: skip
