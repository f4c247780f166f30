"""What came back: satisfaction by driver, the fates of a campaign, what the monitor says."""

from collections.abc import Sequence
from typing import Final

from demo.findings import CampaignOutcome, Driver, Monitor, Satisfaction, Tally
from demo.report import words
from demo.report.drawing import dot, label, rule, svg, told_of
from demo.report.parts import BAD, GOOD

_LOWEST, _HIGHEST = 1, 10  # of an answer
_FROM, _TO = 210.0, 780.0  # where the scale is drawn
_ROW, _TOP = 44.0, 34.0
_MINUS: Final = "\N{MINUS SIGN}"


def satisfaction(one: Satisfaction | None) -> str:
    """Draw for each driver how far what was perceived is from what was expected."""
    if one is None or not one.drivers:
        return ""
    end = _TOP + _ROW * len(one.drivers)
    parts = [
        rule("grid", (_at(mark), _TOP - 8), (_at(mark), end))
        + label((_at(mark), _TOP - 16), str(mark), "tick mid")
        for mark in range(_LOWEST, _HIGHEST + 1)
    ]
    for place, driver in enumerate(one.drivers):
        parts += _dumbbell(_TOP + (place + 0.5) * _ROW, driver)
    told = "; ".join(
        f"{driver.title}: expected {driver.expected:.1f}, perceived {driver.perceived:.1f}"
        for driver in one.drivers
    )
    drawn = svg(round(end) + 6, "Expected and perceived, 1 to 10", told, parts=parts)
    return (
        f'<p class="told">{words.count(one.answered)} of {words.count(one.invited)} answered.</p>'
        '<ul class="legend"><li><i class="ring"></i>expected</li><li><i class="met"></i>perceived,'
        ' as expected or better</li><li><i class="missed"></i>perceived, worse</li></ul>'
        f"{drawn}"
    )


def _at(value: float) -> float:
    return _FROM + (_TO - _FROM) * (value - _LOWEST) / (_HIGHEST - _LOWEST)


def _dumbbell(y: float, one: Driver) -> list[str]:
    kind = "met" if one.perceived >= one.expected else "missed"
    gap = round(one.perceived - one.expected, 1)
    sign = "+" if gap > 0 else _MINUS if gap < 0 else ""
    told = (
        f"{one.title}: expected {one.expected:.1f}, perceived {one.perceived:.1f}, {_answers(one)}"
    )
    expected, perceived = (_at(one.expected), y), (_at(one.perceived), y)
    ends = (dot("ring", expected, 7), dot(kind, perceived, 7))
    return [
        label((0, y + 5), one.title, "head"),
        told_of(told, rule(kind, expected, perceived), *ends),
        label((_TO + 60, y + 5), f"{sign}{abs(gap):.1f}", f"head end {kind}"),
        label((_TO + 76, y + 5), _answers(one), "soft"),
    ]


def _answers(one: Driver) -> str:
    return f"{words.count(one.answers)} answer{'' if one.answers == 1 else 's'}"


def campaign(one: CampaignOutcome | None) -> str:
    """Show what became of every member of a campaign, and who responded."""
    if one is None:
        return ""
    return (
        f'<p class="told"><strong>{words.text(one.title)}</strong>, {words.count(one.members)}'
        f" members. {words.text(one.note)}</p>{_tallies('Fates', one.fates, one.members)}"
        f"{_tallies('Responses', one.responses, one.members)}"
    )


def _tallies(title: str, found: Sequence[Tally], of: int) -> str:
    rows = "".join(
        f'<li><span class="stage">{words.text(one.title)}</span>'
        f'<span class="track"><span class="fill" style="width:{100 * one.count / (of or 1):.2f}%">'
        f'</span></span><span class="count">{words.count(one.count)}</span>'
        f'<span class="note">{words.text(one.note)}</span></li>'
        for one in found
    )
    return f'<h3>{words.text(title)}</h3><ol class="funnel left">{rows}</ol>' if rows else ""


def monitor(one: Monitor | None, currency: str) -> str:
    """Show the last comparison of the warehouse with the books."""
    if one is None:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{words.text(each.title)}</th>'
        + "".join(
            f'<td class="figure{"" if each.source == each.warehouse else " wrong"}">'
            f"{words.text(words.money(v, currency) if each.is_money else words.count(v))}</td>"
            for v in (each.source, each.warehouse)
        )
        + f'<td class="verdict">{GOOD if each.source == each.warehouse else BAD}</td></tr>'
        for each in one.measures
    )
    told = (
        f"As of {words.moment(one.as_of)}: {words.count(one.lag_events)} events"
        f" ({words.seconds(one.lag_seconds)}) behind the log, {words.count(one.gaps)} gaps,"
        f" {words.count(one.duplicates)} duplicates dropped, {words.count(one.quarantined)}"
        " set aside."
    )
    return (
        f'<p class="told">{words.text(told)}</p><div class="scroll"><table><thead><tr>'
        '<th scope="col">Measure</th><th scope="col" class="figure">At the source</th>'
        '<th scope="col" class="figure">In the warehouse</th>'
        f'<th scope="col" class="verdict">Equal</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )
