"""Who hands over leaves no call-back behind: each is its customer's owner's, and is counted."""

import pytest

from chassis import processes
from contracts.accounts import CustomerOwnerChanged
from contracts.owning import StaffHandedOver
from services.telephony.tables import Callback
from tests.support.sales import know_customer, know_rep


def changed_hands(ada, owner_id="r2"):
    """Return what accounts tells of a customer who was handed over."""
    return CustomerOwnerChanged(
        customer_id=ada, version=2, previous_owner_id="r1", owner_id=owner_id, team_id="t1",
        territory_id="west", reason="handed_over", batch_id="h1",
    )  # fmt: skip


class TestCallbacks:
    @pytest.fixture
    def promised(self, telephony, agent, ada):
        """Telephony with one call-back to a customer of r1."""
        know_customer(telephony, ada, sequence=8, version=1, name="Ada", owner_id="r1")
        telephony.call("request_callback", agent, customer_id=ada, number="+12025550143")
        return telephony

    @pytest.mark.spec("ACC-29")
    def test_open_ones_are_the_new_owners_and_counted(self, promised, ada):
        know_rep(promised, "r2")
        know_customer(promised, ada, sequence=9, version=2, name="Ada", owner_id="r2")
        promised.hear("owner_changes", changed_hands(ada))

        promised.hear("hand_overs", StaffHandedOver(
            allocation_id="h1", version=3, staff_id="r1", recipient_ids=("r2",)
        ))  # fmt: skip
        processes.resume_due(promised.runtime)

        assert [one.owner_id for one in promised.rows(Callback)] == ["r2"]
        (followed,) = promised.told("telephony.staff.followed.v1")
        assert (followed["staff_id"], followed["counts"]) == ("r1", {"callbacks": 1})

    def test_another_change_of_owner_is_no_part_of_it(self, promised, ada):
        know_customer(promised, ada, sequence=9, version=2, name="Ada", owner_id="r3")
        promised.hear("owner_changes", CustomerOwnerChanged(
            customer_id=ada, version=2, previous_owner_id="r1", owner_id="r3", team_id="t1",
            territory_id="west", reason="allocated", batch_id="h1",
        ))  # fmt: skip

        promised.hear("hand_overs", StaffHandedOver(
            allocation_id="h1", version=3, staff_id="r1", recipient_ids=("r2",)
        ))  # fmt: skip
        processes.resume_due(promised.runtime)

        (followed,) = promised.told("telephony.staff.followed.v1")
        assert followed["counts"] == {}
