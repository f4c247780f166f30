"""A campaign to our best customers: who belongs, who allowed it, who got it once, who answered."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from demo.findings import CampaignOutcome, Tally
from demo.result import Check
from demo.story import books, outside
from demo.story.desk import Desk
from demo.story.staffing import Staffing
from deploy.local.mail.spool import Sink, Stored

BEST = ("vip", "major")
AT_ONCE = 500
NO_EVERY = 10  # every tenth customer does not allow it
WORDS = {
    "subject": "For our best customers",
    "text": (
        "Dear {{ name }},\n\nthe new chairs have all their legs. You see them first.\n\n"
        "No more such mail: {{ unsubscribe_url }}\n"
    ),
    "html": (
        "<p>Dear {{ name }},</p><p>the new chairs have all their legs. You see them first.</p>"
        '<p><a href="{{ unsubscribe_url }}">No more such mail</a></p>'
    ),
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What became of the campaign."""

    id: str
    outcome: CampaignOutcome
    checks: tuple[Check, ...]


def ask_consent(desk: Desk) -> None:
    """Record who allows marketing by mail: nine in ten do."""
    everybody = [
        one["id"] for one in desk.pages("accounts.find_records", {"kind": "customer", "limit": 200})
    ]
    said = [
        {
            "customer_id": customer_id,
            "purpose": "marketing",
            "channel": "mail",
            "granted": place % NO_EVERY != 0,
            "basis": "consent" if place % NO_EVERY else "withdrawn",
            "evidence": "form:welcome",
        }
        for place, customer_id in enumerate(sorted(everybody))
    ]
    recorded = 0
    for start in range(0, len(said), AT_ONCE):
        done = desk.call("accounts.set_consents", {"statements": said[start : start + AT_ONCE]})
        recorded += done["recorded"]
    desk.wait(
        lambda: books.count(desk, "marketing", "marketing_consent_refs") == recorded,
        "marketing has its copy of the consents",
    )
    granted = sum(bool(one["granted"]) for one in said)
    desk.console.fact("consents", f"{granted} allow mail, {recorded - granted} do not")


def run(desk: Desk, staffing: Staffing, day: date) -> Campaign:
    """Address the top of the pyramid, once each, and hear what they say."""
    who = staffing.marketer
    desk.travel(day, 9)
    segment = _segment(desk, who)
    members = list(desk.pages("marketing.segment_members", {"segment_id": segment["id"]}, who=who))
    campaign = _launch(desk, who, segment["id"])
    mails = _mails(desk)
    left = _unsubscribe(desk, mails)
    asked = _web_lead(desk, campaign["campaign_id"])
    _order(desk, mails, day)
    report = desk.wait(
        lambda: (
            (found := _report(desk, who, campaign["campaign_id"]))
            and {"ordered", "unsubscribed"}
            <= {o["response"] for o in found["responses"] if o["count"]}
            and found
        ),
        "marketing knows who answered",
    )
    outcome = _outcome(report)
    desk.console.fact("campaign", ", ".join(f"{one.count} {one.title}" for one in outcome.fates))
    checks = (
        *_checks(desk, members, mails, report),
        *left,
        asked,
        _explained(desk, who, segment, members),
    )
    return Campaign(campaign["campaign_id"], outcome, checks)


def _segment(desk: Desk, who: str) -> dict[str, Any]:
    all_of = [{"fact": "tier", "any_of": list(BEST)}]
    desk.wait(
        lambda: (
            books.count(desk, "marketing", "marketing_customer_refs", "tier is not null")
            == books.count(desk, "accounts", "customers")
        ),
        "marketing knows every tier",
    )
    made = {"key": "best_customers", "label": "Best customers", "all_of": all_of}
    segment: dict[str, Any] = desk.call("marketing.define_segment", made, who=who)
    named = {"kind": "segment", "id": segment["id"]}
    return desk.wait(  # type: ignore[no-any-return]  # a record as it is shown
        lambda: (found := desk.call("marketing.get_record", named, who=who))["is_filled"] and found,
        "the segment is filled",
    )


def _launch(desk: Desk, who: str, segment_id: str) -> dict[str, Any]:
    saved = {"key": "new_chairs", "purpose": "marketing", "variants": {"en": WORDS}}
    template = desk.call("marketing.save_template", saved, who=who)
    draft = {
        "key": "new_chairs", "label": "New chairs", "segment_id": segment_id,
        "template_id": template["id"], "responses": ["asked"],
    }  # fmt: skip
    drawn = desk.call("marketing.draft_campaign", draft, who=who)
    named = {"campaign_id": drawn["id"], "version": drawn["version"]}
    desk.call("marketing.launch_campaign", named, who=who)
    desk.wait(
        lambda: _report(desk, who, drawn["id"])["status"] == "finished",
        "every message of the campaign has its fate",
    )
    return named


def _report(desk: Desk, who: str, campaign_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.call(
        "marketing.campaign_report", {"campaign_id": campaign_id}, who=who
    )
    return found


def _mails(desk: Desk) -> list[Stored]:
    """Return what the mail server took for the campaign."""
    sink = Sink(desk.house.directory / "mail")
    return [one for one in sink.messages() if one.parsed()["List-Unsubscribe"]]


def _unsubscribe(desk: Desk, mails: list[Stored]) -> tuple[Check, ...]:
    """Let one follow the link and leave it, and let a mail program unsubscribe by one click."""
    looked, clicked = (
        outside.link_in(str(one.parsed()["List-Unsubscribe"]), "u") for one in mails[:2]
    )
    seen = outside.look(desk, looked).status_code
    done = outside.press(desk, clicked, outside.ONE_CLICK, as_form=True).status_code
    desk.wait(
        lambda: books.count(
            desk, "accounts", "consents", "basis = 'withdrawn' and evidence like 'send:%'"
        ),
        "accounts has withdrawn the consent",
    )
    out = books.count(
        desk, "accounts", "consents", "basis = 'withdrawn' and evidence like 'send:%'"
    )
    return (
        Check("Following a link to unsubscribe changes nothing, one click does",
              (seen, done, out) == (200, 200, 1), f"{seen}, {done}, {out} withdrawn"),
    )  # fmt: skip


def _order(desk: Desk, mails: list[Stored], day: date) -> None:
    """Let somebody who got the mail order a chair."""
    found = desk.call("accounts.identify", {"email": mails[-1].recipient})
    product = desk.call("sales.find_records", {"kind": "product", "limit": 1})["items"][0]
    line = {"sku": product["sku"], "quantity": 1, "amount_minor": 9900}
    order = {
        "customer_id": found["customers"][0]["customer_id"], "ordered_on": day.isoformat(),
        "currency": "USD", "lines": [line],
    }  # fmt: skip
    desk.call("sales.place_order", order)


def _web_lead(desk: Desk, campaign_id: str) -> Check:
    """Let somebody to whom the mail was shown fill in the form, and press twice."""
    form = {"name": "Ada Winter", "email": "ada.winter@example.com", "campaign_id": campaign_id}
    statuses = [outside.send_form(desk, form, "ada-1").status_code for _ in range(2)]
    leads = books.count(desk, "sales", "leads", "name = 'Ada Winter'")
    return Check("A web form sent twice is one lead", (statuses, leads) == ([202, 202], 1),
                 f"{statuses}, {leads} leads")  # fmt: skip


def _outcome(report: dict[str, Any]) -> CampaignOutcome:
    why = ", ".join(f"{count} {reason}" for reason, count in report["suppressed"].items())
    return CampaignOutcome(
        "New chairs",
        "to the top of the pyramid, by mail",
        report["members"],
        tuple(
            Tally(fate, count, why if fate == "suppressed" else "")
            for fate, count in report["fates"].items()
            if count
        ),
        tuple(Tally(one["response"], one["count"]) for one in report["responses"]),
    )


def _checks(
    desk: Desk, members: list[dict[str, Any]], mails: list[Stored], report: dict[str, Any]
) -> tuple[Check, ...]:
    best = " or ".join(f"tier = '{tier}'" for tier in BEST)
    wanted = books.count(desk, "accounts", "customers", best)
    recipients = [one.recipient for one in mails]
    doubled = len(recipients) - len(set(recipients))
    return (
        Check(f"The segment holds the {wanted} of the two top tiers", len(members) == wanted,
              f"{len(members)} members"),
        Check("Nobody got the campaign twice", doubled == 0, f"{doubled} did"),
        Check("As many mails as sends", len(mails) == report["fates"]["sent"],
              f"{len(mails)} mails, {report['fates']['sent']} sends"),
        Check("No message of unknown fate", report["fates"]["unknown"] == 0),
    )  # fmt: skip


def _explained(
    desk: Desk, who: str, segment: dict[str, Any], members: list[dict[str, Any]]
) -> Check:
    asked = {"segment_id": segment["id"], "customer_id": members[0]["customer_id"]}
    found = desk.call("marketing.explain_member", asked, who=who)
    said = ", ".join(one["reason"] for one in found["conditions"])
    return Check("Each member of the segment has a reason", found["belongs"] and bool(said), said)
