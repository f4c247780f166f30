"""Words on customers leave in the trail who put them there and who took them off."""

from typing import Any

from tests.support.sales import DAY
from tests.support.trail import entries


class TestPainPoint18Tags:
    """Audit holes (pain point 18): a tag is no record, and leaves its rows all the same."""

    def test_say_who_put_them_there_and_who_took_them_off(self, marketing: Any) -> None:
        ann, bob = marketing.person("ann", "marketer"), marketing.person("bob", "marketer")
        marketing.call("tag_customer", ann, customer_id="c1", tag="golf")
        marketing.call("tag_customer", bob, customer_id="c1", tag="golf")

        marketing.call("untag_customer", bob, customer_id="c1", tag="golf")

        rows = [one for one in entries(marketing.runtime.database) if one.kind == "profile_tags"]
        assert [(one.id, one.verb, one.actor, one.channel, one.changes) for one in rows] == [
            ("c1", "created", "person:ann", "rpc:tag_customer", {"tag": [None, "golf"]}),
            ("c1", "deleted", "person:bob", "rpc:untag_customer", {"tag": ["golf", None]}),
        ]
        assert {one.at for one in rows} == {DAY}
