"""Segments by the fields that a house defined: joined and left as values change, told without them."""

import pytest

from contracts.accounts import FieldRecorded
from services.marketing.domain.segments import SegmentWrong
from services.marketing.tables import Profile, Segment
from tests.support.marketing import a_segment, know_customer, marketer

CHESS = [{"fact": "custom", "field": "hobby", "any_of": ["Chess"]}]
TALL = [{"fact": "custom", "field": "height", "at_least": "1.80"}]


def know_field(room, key, type_="text", *, version=1, **fields):
    """Let marketing hear of a custom field."""
    given = {
        "kind": "customer", "required": False, "unique": False, "personal": True,
        "searchable": False, "active": True,
    }  # fmt: skip
    told = FieldRecorded(
        field_id=f"field-{key}", version=version, key=key, type=type_, **given | fields
    )
    room.hear("fields", told, version)


def members(room, segment):
    found = room.call("segment_members", marketer(room), segment_id=segment["id"])["items"]
    return {one["customer_id"]: one["reasons"] for one in found}


class TestCustomCondition:
    @pytest.mark.spec("ACC-18")
    def test_is_joined_and_left_as_the_value_changes(self, marketing):
        know_field(marketing, "hobby")
        know_customer(marketing, "c2", custom={"hobby": "chess"})
        segment = a_segment(marketing, "players", CHESS)
        before = members(marketing, segment)

        know_customer(marketing, "c2", version=2, custom={"hobby": "Go"})
        know_customer(marketing, "c3", custom={"hobby": "CHESS"})

        assert before == {"c2": ["custom.hobby=yes"]}
        assert members(marketing, segment) == {"c3": ["custom.hobby=yes"]}
        (left,) = marketing.told("marketing.segment.left.v1")
        assert (left["customer_id"], left["reasons"]) == ("c2", ["custom.hobby=no"])
        assert "Go" not in str(left)

    def test_is_explained_and_counted_beforehand(self, marketing):
        know_field(marketing, "height", "number")
        know_customer(marketing, "c2", custom={"height": "1.8"})
        know_customer(marketing, "c3", custom={"height": "1.79"})
        person = marketer(marketing)

        counted = marketing.ask("preview_segment", person, {"all_of": TALL})
        segment = a_segment(marketing, "tall", TALL)
        asked = {"segment_id": segment["id"], "customer_id": "c3"}
        explained = marketing.ask("explain_member", person, asked)

        assert (counted["customers"], counted["members"]) == (3, 1)
        assert explained["conditions"] == [
            {"fact": "custom", "holds": False, "reason": "custom.height=no"}
        ]

    def test_goes_by_the_tree_that_is_told(self, marketing):
        know_field(marketing, "region", "tree", options=("asia", "asia/japan"))
        know_customer(marketing, "c2", custom={"region": "asia/japan"})
        know_field(
            marketing, "region", "tree", version=2,
            options=("asia", "asia/japan", "asia/japan/tokyo"),
        )  # fmt: skip
        know_customer(marketing, "c3", custom={"region": "asia/japan/tokyo"})

        segment = a_segment(
            marketing, "asians", [{"fact": "custom", "field": "region", "any_of": ["asia"]}]
        )

        assert list(members(marketing, segment)) == ["c2", "c3"]

    @pytest.mark.parametrize(
        "fields",
        [{"active": False}, {"kind": "contact"}, {"key": "pastime"}, {"entity_id": "other"}],
    )
    def test_of_a_field_that_is_not_there_is_refused(self, marketing, fields):
        know_field(marketing, **{"key": "hobby"} | fields)

        with pytest.raises(SegmentWrong) as refused:
            a_segment(marketing, "players", CHESS)

        assert refused.value.code == "marketing.segment.conditions"
        assert marketing.rows(Segment) == []

    def test_of_a_field_that_is_retired_later_holds_by_the_values_that_stay(self, marketing):
        know_field(marketing, "hobby")
        know_customer(marketing, "c2", custom={"hobby": "Chess"})
        segment = a_segment(marketing, "players", CHESS)

        know_field(marketing, "hobby", version=2, active=False)
        know_customer(marketing, "c2", version=2, tier="vip", custom={"hobby": "Chess"})

        assert list(members(marketing, segment)) == ["c2"]

    def test_keeps_the_values_of_the_newest_version(self, marketing):
        know_customer(marketing, "c2", version=2, custom={"hobby": "Chess"})
        know_customer(marketing, "c2", version=1, custom={"hobby": "Go"})

        (profile,) = [one for one in marketing.rows(Profile) if one.customer_id == "c2"]

        assert profile.custom == {"hobby": "Chess"}
