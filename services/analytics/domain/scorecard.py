"""The scorecard of leads: points for what is known of one, each with its reason.

Points are weights of evidence by judgement, not trained: 20 points double the odds that a lead is
won, and 50 says that nothing speaks for or against it. Where each comes from:

- source: who comes by recommendation or asks in person has decided to buy something; who was found
  on a list has not even asked.
- known: a customer who bought before buys again more likely than a stranger buys at all, by the
  same reasoning that makes keeping one five times cheaper than winning one.
- owner: a customer's own rep answers sooner than whose turn it is; a lead that nobody has is cold.
- next action: planned work is interest on both sides; each reminder that passes halves the chance
  of a first answer in time, so that four of them outweigh a good source.
- qualified, opportunity, quote: each step taken is stronger evidence than all before it.
- tag: how somebody who has talked to the lead puts it, in these words; weaker than what was done. Every other word says
  nothing.
- touches: a reaction to a campaign or a call that was answered is interest shown, not asked for.

A change of any number here is a new METHOD.
"""

from dataclasses import dataclass

METHOD = "lead_scorecard.v2"
NEUTRAL = 50
LOWEST, HIGHEST = 0, 100

POINTS: dict[str, dict[str, int]] = {
    "source": {
        "referral": 14, "person": 10, "phone": 8, "web": 4, "mail": 2, "fair": 2, "campaign": 0,
        "import": -6, "list": -12, "other": 0,
    },
    "known_customer": {"yes": 12, "no": 0},
    "owner": {"customer_owner": 6, "manual": 4, "rotation": 2, "nobody": -6},
    "next_action": {"planned": 4, "none": 0, "overdue_1": -4, "overdue_2": -9, "overdue_3": -15, "overdue_4+": -22},
    "qualified": {"yes": 14, "no": 0},
    "opportunity": {"none": 0, "below_30": 8, "30_to_59": 14, "60_to_89": 20, "90_or_more": 26},
    "quote": {"sent": 6, "none": 0},
    "tag": {"hot": 8, "warm": 3, "cold": -8, "none": 0},
    "campaign_response": {"yes": 5, "no": 0},
    "answered_call": {"yes": 3, "no": 0},
    "outcome": {"open": 0, "converted": 10, "won": 100, "lost": -100, "disqualified": -100},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that moved a score."""

    feature: str
    value: str
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """What a lead is worth, and why: the strongest reason first."""

    score: int  # 0 to 100
    reasons: tuple[Point, ...]


def score(features: dict[str, str]) -> Score:
    """Score what is known of a lead; a value that the card does not know says nothing."""
    found = [
        Point(name, value, POINTS[name].get(value, 0)) for name, value in sorted(features.items())
    ]
    total = NEUTRAL + sum(one.points for one in found)
    told = sorted((one for one in found if one.points), key=_weight)
    return Score(min(max(total, LOWEST), HIGHEST), tuple(told))


def _weight(one: Point) -> tuple[int, str]:
    return (-abs(one.points), one.feature)
