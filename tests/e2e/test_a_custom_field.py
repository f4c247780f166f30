"""A field that only this house has: defined in accounts, asked for by a segment of marketing."""

import pytest

from tests.support.doors import PATIENCE
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

FIELD = {
    "kind": "customer", "key": "hobby", "type": "text", "label": "What for", "searchable": True,
}  # fmt: skip
PLAYERS = [{"fact": "custom", "field": "hobby", "any_of": ["chess"]}]


@pytest.mark.spec("ACC-18")
def test_is_defined_once_and_adapts_a_segment_elsewhere(whole_door):
    door = whole_door
    field = door.call("accounts.define_field", FIELD)
    entered = {"name": "Ann Lee", "email": "ann@lee.org", "custom": {"hobby": "Chess"}}
    ann = door.call("accounts.register_customer", entered)["customer_id"]
    bob = door.call("accounts.register_customer", {"name": "Bob", "email": "bob@lee.org"})
    door.until("marketing", "marketing_field_refs", 1)
    segment = door.call(
        "marketing.define_segment", {"key": "players", "label": "Players", "all_of": PLAYERS}
    )["id"]

    def members():
        asked = {"segment_id": segment}
        return [one["customer_id"] for one in door.pages("marketing.segment_members", asked)]

    eventually(lambda: members() == [ann], seconds=PATIENCE)
    door.call(
        "accounts.update_customer",
        {
            "customer_id": bob["customer_id"],
            "version": bob["version"],
            "changes": {"custom": {"hobby": "chess"}},
        },
    )
    eventually(lambda: sorted(members()) == sorted([ann, bob["customer_id"]]), seconds=PATIENCE)

    retired = {"field_id": field["id"], "version": field["version"]}
    door.call("accounts.retire_field", retired)
    door.until("marketing", "marketing_field_refs", 1, "not active")
    assert len(members()) == 2
