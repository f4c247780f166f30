"""Who did what to a customer, when, through which door, and who may know."""

from datetime import UTC, datetime

import pytest

from chassis.clock import real_now
from chassis.errors import NotFound
from contracts.marketing import Unsubscribed
from tests.support.accounts import ANN, Desk, a_customer, a_file, a_row, a_staff
from tests.support.trail import entries

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)


class TestPainPoint18AuditHoles:
    """Audit holes (pain point 18): every channel writes the same trail."""

    @pytest.mark.spec("ACC-26")
    def test_rpc_and_import_leave_who_when_old_new_and_channel(self, desk: Desk) -> None:
        admin = a_staff(desk, role="admin")["id"]
        token = desk.token_of(admin)
        id_ = desk.ask("register_customer", **ANN, external_ids={"erp": "X-1"})["customer_id"]
        desk.ask("update_customer", as_=token, customer_id=id_, version=1, changes={"city": "Rye"})
        job = desk.start(a_file(a_row(1, name="Ann Lee", city="Boston", derived="")))
        desk.run()

        trail = desk.ask("change_history", as_=token, kind="customer", id=id_)["items"]

        assert [(one["verb"], one["channel"]) for one in trail] == [
            ("updated", "process:import"),
            ("updated", "rpc:update_customer"),
            ("created", "rpc:register_customer"),
        ]
        assert trail[0]["changes"]["city"] == ["Rye", "Boston"]
        assert trail[1]["changes"] == {"city": [None, "Rye"]}
        assert trail[1]["actor"] == f"person:{admin}"
        assert [one["version"] for one in trail] == [3, 2, 1]
        assert desk.ask("import_status", import_id=job)["updated"] == 1

    def test_bulk_creation_is_audited_row_by_row(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2), a_row(3)))

        assert desk.count("audit", "WHERE record_kind = 'customers' AND verb = 'created'") == 3

    def test_a_bulk_command_is_audited_row_by_row(self, desk: Desk) -> None:
        ids = [a_customer(desk)["customer_id"] for _ in range(3)]
        said = {"channel": "mail", "granted": True, "basis": "consent"}

        desk.ask("set_consents", statements=[{"customer_id": id_} | said for id_ in ids])

        found = [one for one in entries(desk.runtime.database) if one.kind == "consents"]
        assert [(one.verb, one.channel, one.actor) for one in found] == [
            ("created", "rpc:set_consents", "service:accounts")
        ] * 3

    def test_what_a_handler_changes_names_its_queue(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        desk.hear(
            "unsubscribed",
            Unsubscribed(
                customer_id=id_, at=NOON, send_id="m1", purpose="marketing", channel="mail"
            ),
        )

        entry = entries(desk.runtime.database)[-1]
        assert (entry.kind, entry.verb, entry.channel) == (
            "consents", "created", "event:unsubscribed",
        )  # fmt: skip

    def test_a_merge_of_fields_says_what_it_changed_and_no_more(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        desk.ask("update_customer", customer_id=id_, version=1, changes={"city": "Rye"})
        before = real_now()

        desk.ask(
            "update_customer", customer_id=id_, version=1, changes={"segment": "Home"},
            on_conflict="merge",
        )  # fmt: skip

        entry = entries(desk.runtime.database)[-1]
        assert (entry.version, entry.channel) == (3, "rpc:update_customer")
        assert entry.changes == {"segment": [None, "Home"]}
        assert before <= entry.at <= real_now()

    def test_the_trail_of_an_invisible_customer_is_invisible(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(NotFound):
            desk.ask("change_history", as_=rep, kind="customer", id=id_)
