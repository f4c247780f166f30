"""A customer with more calls than one transaction takes goes to another owner."""

from chassis import handing
from contracts.accounts import CustomerOwnerChanged
from services.telephony.tables import Call
from tests.support.sales import know_customer
from tests.support.telephony import answered_call, go_on, hear


def owners(telephony):
    """Return whose each call is."""
    return sorted(one.owner_id for one in telephony.rows(Call))


def test_calls_follow_a_few_at_a_time(telephony, ada, accounts, monkeypatch):
    for number in range(7):
        hear(telephony, *answered_call(f"k{number}"))
    while go_on(telephony):
        pass
    monkeypatch.setattr(handing, "CHUNK", 3)
    know_customer(telephony, ada, sequence=9, owner_id="r2")
    changed = CustomerOwnerChanged(
        customer_id=ada, version=9, previous_owner_id=accounts.owner, owner_id="r2", team_id="t1",
        territory_id="west", reason="manual",
    )  # fmt: skip

    telephony.hear("owner_changes", changed)
    first = owners(telephony).count("r2")
    go_on(telephony)

    assert (first, owners(telephony)) == (3, ["r2"] * 7)
