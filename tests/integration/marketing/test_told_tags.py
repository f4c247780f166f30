"""Words that accounts tells of a customer count in segments like marketing's own."""

from tests.support.marketing import a_segment, know_customer, marketer
from tests.support.sales import Room

GOLFERS = [{"fact": "tag", "has": "golf"}]


def members(room: Room, segment_id: str) -> list[str]:
    """Return who is in a segment."""
    shown = room.call("segment_members", marketer(room), segment_id=segment_id)
    return [one["customer_id"] for one in shown["items"]]


class TestToldTags:
    def test_let_customers_join_and_leave_segments(self, marketing: Room) -> None:
        segment = a_segment(marketing, "golfers", GOLFERS)

        know_customer(marketing, "c2", tags=("golf", "wine"))
        joined = members(marketing, segment["id"])
        know_customer(marketing, "c2", version=2, tags=("wine",))
        left = members(marketing, segment["id"])

        assert (joined, left) == (["c2"], [])

    def test_stand_beside_our_own(self, marketing: Room) -> None:
        segment = a_segment(marketing, "golfers", GOLFERS)
        know_customer(marketing, "c2", tags=("wine",))
        marketing.call("tag_customer", marketer(marketing), customer_id="c2", tag="golf")

        know_customer(marketing, "c2", version=2)

        assert members(marketing, segment["id"]) == ["c2"]
