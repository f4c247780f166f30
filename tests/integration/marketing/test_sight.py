"""Who sees what marketing knows of a customer, and who may change it."""

import pytest

from chassis.errors import NotFound
from services.marketing.tables import ProfileTag, Suppression
from tests.support.marketing import a_segment, know_customer, launched, run


class TestCustomerCard:
    def test_keeps_each_section_from_whom_has_no_permission_for_it(self, marketing):
        launched(marketing)
        run(marketing)

        rep = marketing.call("customer_card", marketing.person("r1", "rep"), customer_id="c1")

        for section in ("segments", "touches", "responses", "consent"):
            assert rep[section].pop("as_of")
            assert rep[section] == {"permitted": False, "items": []}


class TestACustomerOfAnotherEntity:
    def test_has_an_empty_card(self, marketing, person):
        launched(marketing)
        run(marketing)
        marketing.call("tag_customer", person, customer_id="c1", tag="golf")
        know_customer(marketing, version=2, tier="vip", entity_id="elsewhere")

        card = marketing.call("customer_card", person, customer_id="c1")

        assert card["copy"] == {"known": False, "version": None}
        assert card["segments"]["tags"] == []
        assert "granted_at" not in card["consent"]

    @pytest.mark.parametrize(
        ("method", "given"),
        [
            ("tag_customer", {"tag": "golf"}),
            ("untag_customer", {"tag": "golf"}),
            ("set_do_not_contact", {"stopped": True}),
            ("allow_address", {}),
        ],
    )
    def test_is_not_there_to_be_changed(self, marketing, person, method, given):
        know_customer(marketing, version=2, tier="vip", entity_id="elsewhere")

        with pytest.raises(NotFound) as refused:
            marketing.call(method, person, customer_id="c1", **given)

        assert refused.value.code == "marketing.customer.unknown"
        assert marketing.rows(Suppression) == marketing.rows(ProfileTag) == []

    def test_is_not_there_to_be_explained(self, marketing, person):
        segment = a_segment(marketing)
        know_customer(marketing, version=2, tier="vip", entity_id="elsewhere")

        with pytest.raises(NotFound):
            marketing.call("explain_member", person, segment_id=segment["id"], customer_id="c1")
