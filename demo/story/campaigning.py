"""A campaign to our best customers: who belongs, who allowed it, who got it once, who answered."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from demo.findings import CampaignOutcome, Tally
from demo.result import Check
from demo.story import books, outside, reckoning
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
    members: int
    allowed: int  # of the members
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
    allowed = _allowed(desk, members)
    campaign_id = _launch(desk, who, segment["id"])
    sent = mails(desk)
    left = _unsubscribe(desk, sent)
    asked = _web_lead(desk, campaign_id)
    _order(desk, sent, day)
    report = desk.wait(
        lambda: (
            (found := _report(desk, who, campaign_id))
            and {"ordered", "unsubscribed"}
            <= {o["response"] for o in found["responses"] if o["count"]}
            and found
        ),
        "marketing knows who answered",
    )
    outcome = _outcome(report)
    desk.console.fact("campaign", ", ".join(f"{one.count} {one.title}" for one in outcome.fates))
    checks = (
        *_checks(desk, members, sent, report),
        same("Mail went to each member who allows it, and to nobody else",
             (one.recipient for one in sent), allowed),
        same("Each mail is a message that the ledger has as sent",
             (one.message_id for one in sent), _sent(desk, campaign_id)),
        left,
        asked,
        _explained(desk, who, segment, members),
    )  # fmt: skip
    return Campaign(campaign_id, len(members), len(allowed), outcome, checks)


def same(title: str, found: Iterable[str], wanted: Iterable[str]) -> Check:
    """Check that what was found is what was wanted, each as often."""
    there, due = Counter(found), Counter(wanted)
    more, less = (there - due).total(), (due - there).total()
    return Check(title, there == due, f"{there.total()}, {more} too many, {less} missing")


def mails(desk: Desk) -> list[Stored]:
    """Return what the mail server took for the campaign."""
    sink = Sink(desk.house.directory / "mail")
    return [one for one in sink.messages() if one.parsed()["List-Unsubscribe"]]


def _allowed(desk: Desk, members: list[dict[str, Any]]) -> list[str]:
    """Return the addresses of the members who have not refused mail, as accounts knows them."""
    said = books.rows(
        desk,
        "accounts",
        "select customers.id, email from customers join consents on customer_id = customers.id"
        " where purpose = 'marketing' and channel = 'mail' and granted",
    )
    known = {str(id_): str(email) for id_, email in said}
    return [known[one["customer_id"]] for one in members if one["customer_id"] in known]


def _sent(desk: Desk, campaign_id: str) -> list[str]:
    query = f"select message_id from sends where campaign_id = '{campaign_id}' and status = 'sent'"  # noqa: S608  # our own id
    return [str(id_) for (id_,) in books.rows(desk, "marketing", query)]


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


def _launch(desk: Desk, who: str, segment_id: str) -> str:
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
    return str(drawn["id"])


def _report(desk: Desk, who: str, campaign_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.call(
        "marketing.campaign_report", {"campaign_id": campaign_id}, who=who
    )
    return found


def _unsubscribe(desk: Desk, sent: list[Stored]) -> Check:
    """Let one follow the link and leave it, and let a mail program unsubscribe by one click."""
    looked, clicked = sent[:2]
    links = [outside.link_in(str(one.parsed()["List-Unsubscribe"]), "u") for one in sent[:2]]
    seen = outside.look(desk, links[0]).status_code
    done = outside.press(desk, links[1], outside.ONE_CLICK, as_form=True).status_code
    reckoning.quiet(desk)  # whatever either of them led to has arrived
    query = "select evidence from consents where basis = 'withdrawn' and evidence like 'send:%'"
    out = [str(evidence) for (evidence,) in books.rows(desk, "accounts", query)]
    return one_click((seen, done), looked, clicked, out)


def one_click(
    statuses: tuple[int, int], looked: Stored, clicked: Stored, evidence: list[str]
) -> Check:
    """Check that only the click withdrew a consent; the evidence of each names its message."""
    who = {
        f"send:{mail.message_id.partition('@')[0]}": did
        for mail, did in ((looked, "who looked"), (clicked, "who clicked"))
    }
    out = [who.get(one, one) for one in evidence]
    return Check("Following a link to unsubscribe changes nothing, one click does",
                 statuses == (200, 200) and out == ["who clicked"],
                 f"{statuses[0]}, {statuses[1]}, withdrawn: {', '.join(out) or 'nobody'}")  # fmt: skip


def _order(desk: Desk, sent: list[Stored], day: date) -> None:
    """Let somebody who got the mail order a chair."""
    found = desk.call("accounts.identify", {"email": sent[-1].recipient})
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
    why = ", ".join(
        f"{count} {reason.replace('_', ' ')}" for reason, count in report["suppressed"].items()
    )
    return CampaignOutcome(
        "New chairs",
        "To the top of the pyramid, by mail.",
        report["members"],
        tuple(
            Tally(fate, count, why if fate == "suppressed" else "")
            for fate, count in report["fates"].items()
            if count
        ),
        tuple(Tally(one["response"], one["count"]) for one in report["responses"]),
    )


def _checks(
    desk: Desk, members: list[dict[str, Any]], sent: list[Stored], report: dict[str, Any]
) -> tuple[Check, ...]:
    best = " or ".join(f"tier = '{tier}'" for tier in BEST)
    wanted = books.count(desk, "accounts", "customers", best)
    recipients = [one.recipient for one in sent]
    doubled = len(recipients) - len(set(recipients))
    return (
        Check(f"The segment holds the {wanted} of the two top tiers", len(members) == wanted,
              f"{len(members)} members"),
        Check("Nobody got the campaign twice", doubled == 0, f"{doubled} did"),
        Check("As many mails as sends", len(sent) == report["fates"]["sent"],
              f"{len(sent)} mails, {report['fates']['sent']} sends"),
        Check("No message of unknown fate", report["fates"]["unknown"] == 0),
    )  # fmt: skip


def _explained(
    desk: Desk, who: str, segment: dict[str, Any], members: list[dict[str, Any]]
) -> Check:
    asked = {"segment_id": segment["id"], "customer_id": members[0]["customer_id"]}
    found = desk.call("marketing.explain_member", asked, who=who)
    said = ", ".join(one["reason"] for one in found["conditions"])
    return Check("Each member of the segment has a reason", found["belongs"] and bool(said), said)
