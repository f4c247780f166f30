"""A customer with more cases than one transaction takes goes to another owner."""

from chassis import handing, processes
from contracts.accounts import CustomerOwnerChanged
from services.service_desk.tables import Case
from tests.support.sales import know_customer


def owners(desk):
    """Return whose each case is."""
    return sorted(one.owner_id for one in desk.rows(Case))


def test_cases_follow_a_few_at_a_time(desk, agent, monkeypatch):
    monkeypatch.setattr(handing, "CHUNK", 3)
    for _ in range(7):
        agent.open()
    know_customer(desk, sequence=2, owner_id="r2")
    changed = CustomerOwnerChanged(
        customer_id="c1", version=2, previous_owner_id="r1", owner_id="r2", team_id="t1",
        territory_id="west", reason="manual",
    )  # fmt: skip

    desk.hear("owner_changes", changed)
    first = owners(desk)
    processes.resume_due(desk.runtime)

    assert first == ["r1"] * 4 + ["r2"] * 3
    assert owners(desk) == ["r2"] * 7
