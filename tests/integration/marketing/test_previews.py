"""Who would belong to a segment that nobody has defined yet."""

from services.marketing.tables import Membership
from tests.support.marketing import know_customer


def test_a_preview_counts_by_all_conditions_and_by_each(marketing, person):
    know_customer(marketing, "c2", tier="vip", country="FR")
    know_customer(marketing, "c3", tier="small", country="FR")

    answer = marketing.call(
        "preview_segment", person,
        all_of=[{"fact": "tier", "any_of": ["vip"]}, {"fact": "country", "any_of": ["FR"]}],
    )  # fmt: skip

    assert (answer["customers"], answer["members"]) == (3, 1)
    assert [one["customers"] for one in answer["conditions"]] == [2, 2]
    assert marketing.rows(Membership) == []
