"""A campaign to our best customers: once each, never to who said no, whoever dies meanwhile."""

from collections import Counter
from datetime import timedelta

import pytest

from demo.story.outside import ONE_CLICK, link_in
from deploy.local.mail.spool import Fault, Sink
from tests.e2e.conftest import MONDAY
from tests.support.doors import PATIENCE
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

KNOWN = 40  # 1 % of them is one, 5 % are two, 20 % are eight
BUYERS = 10
BEST = [f"c{number}@example.com" for number in range(8)]  # who spends most comes first
SILENT, LEAVES, STALLED = BEST[2], BEST[4], BEST[6]
WORDS = {"subject": "For {{ name }}", "text": "New chairs. No more mail: {{ unsubscribe_url }}"}
TOP = [{"fact": "tier", "any_of": ["vip", "major", "ordinary"]}]
KILLED_SECONDS = 90.0  # what a dead process held is taken up after half a minute


@pytest.fixture(scope="module")
def customers(whole_door):
    """Everybody we know, by address; ten have bought, each less than the one before."""
    door = whole_door
    found = {}
    for number in range(KNOWN):
        entered = {"name": f"Customer {number}", "email": f"c{number}@example.com"}
        found[entered["email"]] = door.call("accounts.register_customer", entered)["customer_id"]
    product = {"sku": "CHAIR", "name": "Chair", "category": "Furniture", "sub_category": "Chairs"}
    door.call("sales.create_record", {"kind": "product", "values": product})
    door.until("sales", "customer_refs", KNOWN)
    for number in range(BUYERS):
        line = {"sku": "CHAIR", "quantity": 1, "amount_minor": 100_00 - number * 5_00}
        order = {"customer_id": found[f"c{number}@example.com"], "currency": "USD"}
        door.call("sales.place_order", order | {"ordered_on": "2024-05-06", "lines": [line]})
    return found


@pytest.fixture(scope="module")
def allowed(whole_door, customers):
    """What each says of mail: all allow it but one."""
    said = [
        {
            "customer_id": id_,
            "channel": "mail",
            "granted": address != SILENT,
            "basis": "withdrawn" if address == SILENT else "consent",
            "evidence": "form:welcome",
        }
        for address, id_ in customers.items()
    ]
    recorded = whole_door.call("accounts.set_consents", {"statements": said})
    assert (recorded["recorded"], recorded["refused"]) == (KNOWN, 0)
    whole_door.until("marketing", "marketing_consent_refs", KNOWN)
    return customers


@pytest.fixture(scope="module")
def segment(whole_door, allowed):
    """The three upper tiers, when everybody was ranked."""
    door = whole_door
    door.travel(MONDAY + timedelta(days=1))
    door.read_up()
    door.call("analytics.score_customers", {})
    door.until("marketing", "marketing_customer_refs", KNOWN, "tier is not null")
    made = door.call(
        "marketing.define_segment", {"key": "best", "label": "The best", "all_of": TOP}
    )
    named = {"kind": "segment", "id": made["id"]}
    eventually(lambda: door.call("marketing.get_record", named)["is_filled"], seconds=PATIENCE)
    return made["id"]


@pytest.fixture(scope="module")
def template(whole_door):
    saved = {"key": "chairs", "purpose": "marketing", "variants": {"en": WORDS}}
    return whole_door.call("marketing.save_template", saved)["id"]


class Campaigns:
    """Campaigns to the segment, and what lies in the mailboxes for them."""

    def __init__(self, house, door, segment, template):
        self.door, self.sink = door, Sink(house.directory / "mail")
        self.plan = {"segment_id": segment, "template_id": template}
        self.before = 0  # mails of earlier campaigns

    def launch(self, key):
        """Launch a campaign; from here on only its mails are looked at."""
        self.before = len(self.sink.messages())
        drawn = self.door.call("marketing.draft_campaign", self.plan | {"key": key, "label": key})
        named = {"campaign_id": drawn["id"], "version": drawn["version"]}
        self.door.call("marketing.launch_campaign", named)
        return drawn["id"]

    def mails(self):
        return {one.recipient: one for one in self.sink.messages()[self.before :]}

    def boxes(self):
        """Count the mails of the last campaign by mailbox."""
        return Counter(one.recipient for one in self.sink.messages()[self.before :])

    def report(self, id_):
        return self.door.call("marketing.campaign_report", {"campaign_id": id_})

    def finished(self, id_, seconds=PATIENCE):
        """Wait until every message has its fate."""
        done = eventually(
            lambda: (found := self.report(id_))["status"] == "finished" and found, seconds=seconds
        )
        fates = {fate: count for fate, count in done["fates"].items() if count}
        return fates, done["suppressed"]


@pytest.fixture(scope="module")
def campaigns(whole_running_house, whole_door, segment, template):
    return Campaigns(whole_running_house, whole_door, segment, template)


@pytest.fixture(scope="module")
def first(campaigns):
    """The first campaign, when every message has its fate, and its mails."""
    id_ = campaigns.launch("spring")
    fates, suppressed = campaigns.finished(id_)
    return {
        "id": id_, "fates": fates, "suppressed": suppressed,
        "boxes": campaigns.boxes(), "mails": campaigns.mails(),
    }  # fmt: skip


class TestTheSegment:
    @pytest.mark.spec("ACC-21")
    def test_holds_who_spent_most_each_with_the_tier_as_reason(
        self, whole_door, segment, customers
    ):
        members = {
            one["customer_id"]: one["reasons"]
            for one in whole_door.pages("marketing.segment_members", {"segment_id": segment})
        }

        tiers = ["vip", "major", *["ordinary"] * 6]
        assert members == {
            customers[address]: [f"tier={tier}"] for address, tier in zip(BEST, tiers, strict=True)
        }
        assert whole_door.count("accounts", "customers", "tier = 'small'") == KNOWN - len(BEST)


class TestACampaign:
    def test_reaches_each_once_and_not_who_said_no(self, first):
        assert first["fates"] == {"sent": 7, "suppressed": 1}
        assert first["suppressed"] == {"no_consent": 1}
        assert first["boxes"] == {address: 1 for address in BEST if address != SILENT}

    @pytest.mark.spec("MKT-08")
    def test_speaks_to_each_and_stands_on_the_timeline(self, whole_door, customers, first):
        mail = first["mails"][BEST[0]].parsed()
        asked = {"customer_id": customers[BEST[0]]}

        assert mail["Subject"] == "For Customer 0"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        touches = eventually(
            lambda: [
                one
                for one in whole_door.call("accounts.timeline", asked)["items"]
                if one["subject"].startswith("Mail for marketing")
            ],
            seconds=PATIENCE,
        )
        assert [one["result"] for one in touches] == ["sent"]


class TestUnsubscribing:
    def test_takes_one_click_and_ends_in_both_books(self, whole_door, customers, first):
        door, link = whole_door, link_in(first["mails"][LEAVES].parsed()["List-Unsubscribe"], "u")
        looked = door.visit("GET", link).status_code
        assert (looked, withdrawn(door)) == (200, 0)

        clicked = [door.visit("POST", link, data=ONE_CLICK).status_code for _ in range(2)]

        assert clicked == [200, 200]
        eventually(lambda: withdrawn(door), seconds=PATIENCE, because="accounts has heard of it")
        assert withdrawn(door) == 1
        asked = {"customer_id": customers[LEAVES]}
        (kept,) = door.call("accounts.consents", asked)["items"]
        assert (kept["granted"], kept["basis"]) == (False, "withdrawn")
        gone = f"id = '{customers[LEAVES]}' and unsubscribed_at is not null"
        assert door.count("marketing", "suppressions", gone) == 1
        assert door.count("marketing", "suppressions", "unsubscribed_at is not null") == 1
        answers = door.call("marketing.campaign_report", {"campaign_id": first["id"]})["responses"]
        assert [one["count"] for one in answers if one["response"] == "unsubscribed"] == [1]

    def test_keeps_the_next_campaign_away_and_says_why(
        self, whole_door, campaigns, customers, first
    ):
        id_ = campaigns.launch("summer")

        fates, suppressed = campaigns.finished(id_)

        assert (fates, suppressed) == (
            {"sent": 6, "suppressed": 2}, {"no_consent": 1, "unsubscribed": 1},
        )  # fmt: skip
        assert campaigns.boxes() == {one: 1 for one in BEST if one not in {SILENT, LEAVES}}
        asked = {"campaign_id": id_, "customer_id": customers[LEAVES]}
        found = whole_door.call("marketing.find_records", {"kind": "send", "filters": asked})
        assert [(one["status"], one["reason"]) for one in found["items"]] == [
            ("suppressed", "unsubscribed")
        ]


class TestMarketingIsKilled:
    def test_while_it_sends_and_nobody_gets_two(
        self, whole_running_house, whole_door, campaigns, first
    ):
        house, door, sink = whole_running_house, whole_door, campaigns.sink
        sink.fail(Fault.STALL, recipient=STALLED, times=1, seconds=60)
        id_ = campaigns.launch("autumn")
        eventually(
            lambda: STALLED in campaigns.mails() and campaigns.report(id_)["fates"]["sent"] == 5,
            seconds=PATIENCE,
            because="the server has all six mails, and has not yet said so of one",
        )

        house.kill("marketing")
        sink.recover()
        house.restart("marketing")

        fates, _ = campaigns.finished(id_, KILLED_SECONDS)
        assert fates == {"sent": 5, "suppressed": 2, "unknown": 1}
        assert campaigns.boxes() == {one: 1 for one in BEST if one not in {SILENT, LEAVES}}
        (unknown,) = door.call("marketing.unknown_sends", {})["items"]
        assert unknown["message_id"] == campaigns.mails()[STALLED].message_id

        settled = door.call("marketing.reconcile_sends", {"message_ids": sink.message_ids()})

        assert settled == {
            "settled": [unknown["id"]], "contradicted": [], "known_already": 18, "not_ours": 0,
        }  # fmt: skip
        assert campaigns.finished(id_)[0] == {"sent": 6, "suppressed": 2}
        assert door.call("marketing.unknown_sends", {})["items"] == []


def withdrawn(door):
    """Count the consents that were withdrawn by a link."""
    return door.count("accounts", "consents", "basis = 'withdrawn' and evidence like 'send:%'")
