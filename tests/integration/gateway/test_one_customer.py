"""The same person by every door of a running house: forms, people, integrators, files, conversion."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chassis.errors import Conflict
from chassis.ids import new_id
from tests.support.doors import Door
from tests.support.waiting import eventually

DEAL = {"title": "Desks", "amount_minor": 120_000, "currency": "USD"}


class Ada:
    """Somebody who comes by one door after the other, written otherwise at each."""

    def __init__(self, door: Door, http: httpx.Client, rep: str) -> None:
        self.door, self.http, self.rep = door, http, rep
        self.mark = new_id().replace("-", "")[:20]
        self.email = f"ada.{self.mark}@ada-byron.org"

    def by_the_ui(self) -> str:
        """A clerk types her in, and is told whom we know already."""
        told = {"name": "Ada Byron", "email": self.email, "source": "manual"}
        try:
            return str(self.door.call("accounts.register_customer", told)["customer_id"])
        except Conflict as known:
            return str(known.detail["matches"][0]["customer_id"])

    def by_the_api(self) -> str:
        """An integrator sends her by the key that his system knows her by, twice."""
        told = {
            "name": "BYRON, Ada", "email": self.email.upper(), "source": "api", "on_match": "link",
            "external_ids": {"shop": self.mark},
        }  # fmt: skip
        answers = [
            self.door.call("accounts.register_customer", told, idempotency_key=f"api-{self.mark}")
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        return str(answers[0]["customer_id"])

    def by_a_file(self) -> str:
        """Her row stands in an import."""
        content = f"external_id,name,email\r\nE-{self.mark},Ada Byron,{self.email}\r\n".encode()
        file_id = new_id()
        piece = {"file_id": file_id, "number": 0, "content": base64.b64encode(content).decode()}
        self.door.call("accounts.upload_file", piece | {"name": "customers.csv"})
        run = {"file_id": file_id, "sha256": hashlib.sha256(content).hexdigest()}
        started = self.door.call("accounts.start_import", run | {"on_match": "link"})
        self.door.call("accounts.await_import", {"import_id": started["import_id"]})
        key = {"system": "erp", "external_id": f"E-{self.mark}"}
        (one,) = self.door.call("accounts.identify", key)["customers"]
        return str(one["customer_id"])

    def by_the_form(self) -> str:
        """She fills in the form on our pages, and her lead is converted."""
        form = {"name": "Ada  Byron", "email": self.email.title()}
        sent = self.http.post("/leads", json=form)
        assert sent.status_code == 202
        lead = eventually(self._lead, because="her form has become a lead")
        told = {"lead_id": lead["id"], "version": lead["version"]}
        assigned = self.door.call("sales.assign_lead", told | {"owner_id": self.rep})
        self.door.call("sales.qualify_lead", told | {"version": assigned["version"]})
        done = self.door.call("sales.convert_lead", DEAL | {"lead_id": lead["id"]})
        return str(done["customer_id"])

    def _lead(self) -> dict[str, Any] | None:
        page = {"kind": "lead", "sort": "captured_at", "descending": True, "limit": 10}
        found = self.door.call("sales.find_records", page)["items"]
        mine = (one for one in found if self.mark in one["email"].lower())
        return next((one for one in mine if one["status_type"] == "open"), None)


DOORS: dict[str, Callable[[Ada], str]] = {
    "ui": Ada.by_the_ui, "api": Ada.by_the_api, "file": Ada.by_a_file, "form": Ada.by_the_form,
}  # fmt: skip


@pytest.fixture(scope="module")
def reps() -> dict[int, str]:
    """Members of the staff, one for each house."""
    return {}


@pytest.fixture
def ada(door: Door, http: httpx.Client, reps: dict[int, str]) -> Ada:
    """Ada, and a rep that sales knows."""
    house = id(door.house)
    if house not in reps:
        reps[house] = door.hire("Rita Rep", "rep")[0]
        eventually(lambda: door.count("sales", "staff_refs", f"id = '{reps[house]}'"))
    return Ada(door, http, reps[house])


class TestPainPoint2SideDoors:
    """Duplicates appear through side doors (pain point 2)."""

    @pytest.mark.parametrize("first", DOORS)
    def test_one_person_by_every_door_is_one_customer_whichever_comes_first(
        self, ada: Ada, first: str
    ) -> None:
        at = list(DOORS).index(first)
        order = [*list(DOORS.values())[at:], *list(DOORS.values())[:at]]

        met = [come_in(ada) for come_in in order]

        assert len(set(met)) == 1
        assert ada.door.count("accounts", "customers", f"email = '{ada.email}'") == 1

    def test_a_contact_of_a_company_leads_every_door_there(self, ada: Ada) -> None:
        company = {"kind": "organisation", "name": f"Byron {ada.mark} Ltd"}
        acme = ada.door.call("accounts.register_customer", company)["customer_id"]
        person = {"customer_id": acme, "name": "Ada Byron", "email": ada.email}
        ada.door.call("accounts.register_contact", person)

        met = [come_in(ada) for come_in in DOORS.values()]

        assert set(met) == {acme}
        assert ada.door.count("accounts", "contacts", f"email = '{ada.email}'") == 1
