"""Who was erased does not come back into marketing, whatever was still to happen."""

from chassis.tables import TIMERS
from contracts.accounts import CustomerRemoved
from contracts.privacy import CustomerErased
from services.marketing.tables import Profile
from tests.support.marketing import a_segment, know_order, run

RECENT = [{"fact": "last_order", "within_days": 90}]


class TestErasure:
    def test_leaves_no_timer_that_would_bring_the_profile_back(self, marketing):
        a_segment(marketing, "recent", RECENT)
        know_order(marketing, "o1", "2017-02-01")
        watched = [row.key for row in marketing.rows(TIMERS)]

        marketing.hear("customers", CustomerRemoved(customer_id="c1", version=9), 9)
        marketing.hear("erasures", CustomerErased(task_id="e1", customer_id="c1"))
        run(marketing)
        marketing.clock.pass_(days=100)
        marketing.fire()

        assert watched == ["c1"]
        assert [one["task"] for one in marketing.told("marketing.customer.followed.v1")] == [
            "erasure"
        ]
        assert marketing.rows(TIMERS) == []
        assert marketing.rows(Profile) == []
