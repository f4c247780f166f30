"""Campaigns to a handful of customers each: what is told of a mail, and what the mail server has."""

from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

from chaos.load.counting import once
from chaos.stage import Stage

SIZES = {"chaos_two": 2, "chaos_three": 3, "chaos_five": 5}  # members of each segment, by its tag
CUSTOMERS = 8
WORDS = {
    "subject": "News for {{ name }}",
    "text": "Dear {{ name }},\n\nthere is news.\n\nNo more of it: {{ unsubscribe_url }}\n",
}


class Sends:
    """Draw up a campaign and launch it; that it is launched is what is acknowledged."""

    name: ClassVar[str] = "sends"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts", "marketing", "mail"})
    per_second: ClassVar[float] = 0.5

    def set_up(self, stage: Stage) -> None:
        """Have customers who allow it, segments of them, and something to say."""
        everybody = [_customer(stage, number) for number in range(CUSTOMERS)]
        said = {"purpose": "marketing", "channel": "mail", "granted": True, "basis": "consent"}
        statements = [said | {"customer_id": id_} for id_ in everybody]
        stage.ask("accounts.set_consents", {"statements": statements}, key="sends-consents")
        agreed = "select customer_id from marketing_consent_refs where granted"
        stage.wait(
            lambda: set(everybody) <= _column(stage, agreed), 120, "marketing knows consents"
        )
        known = "select id from marketing_customer_refs"
        stage.wait(
            lambda: set(everybody) <= _column(stage, known), 120, "marketing knows customers"
        )
        saved = {"key": "chaos", "purpose": "marketing", "variants": {"en": WORDS}}
        template = stage.ask("marketing.save_template", saved, key="sends-template")
        self._template: str = template["id"]
        self._segments = {
            tag: _segment(stage, tag, everybody[:size]) for tag, size in SIZES.items()
        }

    def step(self, stage: Stage, dice: Random) -> None:
        """Launch a campaign; a second word to launch it changes nothing."""
        mark = f"{dice.getrandbits(64):016x}"
        tag = dice.choice(sorted(SIZES))
        draft = {
            "key": f"c{mark}", "label": f"Chaos {mark}", "segment_id": self._segments[tag],
            "template_id": self._template,
        }  # fmt: skip
        drawn = stage.ask("marketing.draft_campaign", draft, key=f"draft-{mark}")
        named = {"campaign_id": drawn["id"], "version": drawn["version"]}
        launched = stage.ask("marketing.launch_campaign", named, key=f"launch-{mark}")
        facts = {"mark": mark, "members": SIZES[tag], "told": launched["members"]}
        stage.ledger.note("campaign.launched", drawn["id"], **facts)
        stage.ask("marketing.launch_campaign", named, key=f"again-{mark}")

    def settled(self, stage: Stage) -> bool:
        """Every message of every campaign has its fate."""
        still = "select count(*) as n from campaigns where status = 'sending'"
        return bool(stage.rows("marketing", still)[0]["n"] == 0)

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Hold campaigns and their messages against what was launched, then the timelines."""
        launched = {entry.id: entry.facts for entry in stage.ledger.of("campaign.launched")}
        rows = stage.rows("marketing", "select id, key, status from campaigns")
        marks = [row["key"].removeprefix("c") for row in rows]
        yield from once("campaign", [facts["mark"] for facts in launched.values()], marks)
        for row in rows:
            if row["id"] in launched and row["status"] != "finished":
                yield f"campaign {row['id']} was launched and is {row['status']}"
        sends = stage.rows("marketing", "select id, campaign_id, customer_id, status from sends")
        for id_, facts in launched.items():
            to = [row["customer_id"] for row in sends if row["campaign_id"] == id_]
            if not len(to) == len(set(to)) == facts["members"] == facts["told"]:
                yield f"campaign {id_} is for {facts['members']} customers, {len(to)} messages go out"
        asked = "select source_key from interactions where source = 'marketing.send'"
        noted = [row["source_key"] for row in stage.rows("accounts", asked)]
        sent = [row["id"] for row in sends if row["status"] == "sent"]
        yield from once("entry for the message", sent, noted)


def _segment(stage: Stage, tag: str, members: list[str]) -> str:
    for customer_id in members:
        tagged = {"customer_id": customer_id, "tag": tag}
        stage.ask("marketing.tag_customer", tagged, key=f"sends-{tag}-{customer_id}")
    made = {"key": tag, "label": tag, "all_of": [{"fact": "tag", "has": tag}]}
    id_: str = stage.ask("marketing.define_segment", made, key=f"sends-{tag}")["id"]
    belongs = f"select customer_id from memberships where segment_id = '{id_}'"
    stage.wait(lambda: _column(stage, belongs) == set(members), 30, f"segment {tag} is filled")
    return id_


def _column(stage: Stage, query: str) -> set[Any]:
    return {next(iter(row.values())) for row in stage.rows("marketing", query)}


def _customer(stage: Stage, number: int) -> str:
    described = {"name": f"Reader {number}", "email": f"{number}@sends.example"}
    done = stage.ask("accounts.register_customer", described, key=f"sends-{number}")
    id_: str = done["customer_id"]
    return id_
