"""Who did what to a customer, when, through which door, and who may know."""

import pytest

from chassis.errors import NotFound
from tests.support.accounts import ANN, Desk, a_file, a_row, a_staff


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

    def test_the_trail_of_an_invisible_customer_is_invisible(self, desk: Desk) -> None:
        id_ = desk.ask("register_customer", **ANN)["customer_id"]
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(NotFound):
            desk.ask("change_history", as_=rep, kind="customer", id=id_)
