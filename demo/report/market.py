"""Who buys and what is bought where: the pyramid, the cube, its quarters."""

from collections.abc import Sequence
from typing import Final

from demo.findings import Band, Cell, Cube, Pyramid, Span
from demo.report import words
from demo.report.drawing import Bar, box, label, over_time, rule, svg

TIERS: Final = {"vip": "VIP", "major": "Major", "ordinary": "Ordinary", "small": "Small"}
# Columns of the pyramid: the name, the steps around their middle, the figures, the spend.
_MIDDLE, _WIDEST, _FIGURES = 285.0, 300.0, 530.0
_SPEND, _SPEND_WIDEST = 590.0, 210.0
_ROW, _TOP = 54.0, 30.0
_NARROWEST: Final = 3.0
_HOTTEST: Final = 45  # percent of the colour: text stays readable on it, in light and in dark


def pyramid(one: Pyramid | None, currency: str) -> str:
    """Draw how few customers bring how much: steps by number, beside them their spend."""
    if one is None or not one.bands:
        return ""
    end = _TOP + _ROW * len(one.bands)
    parts = [
        label((_MIDDLE, 16), "Customers", "mid soft"),
        label((_SPEND, 16), "Share of what was spent", "soft"),
        rule("base", (_SPEND, _TOP), (_SPEND, end)),
    ]
    widest = max(band.customers for band in one.bands) or 1
    most = max(band.share for band in one.bands) or 1
    for place, band in enumerate(one.bands):
        parts += _band(place, band, one, most=(widest, most), currency=currency)
    told = "; ".join(
        f"{TIERS.get(band.tier, band.tier)}: {words.count(band.customers)} customers,"
        f" {words.percent(band.share)} of the spend"
        for band in one.bands
    )
    return svg(round(end) + 6, f"Pyramid of {words.count(one.population)}", told, parts=parts)


def _band(
    place: int, band: Band, whole: Pyramid, *, most: tuple[int, float], currency: str
) -> list[str]:
    top, height = _TOP + place * _ROW + 5, _ROW - 10
    middle = top + height / 2 + 5
    width = max(_WIDEST * band.customers / most[0], _NARROWEST if band.customers else 0)
    spent = max(_SPEND_WIDEST * band.share / most[1], _NARROWEST if band.share else 0)
    share = words.percent(band.customers / whole.population) if whole.population else words.NONE
    return [
        label((0, middle), TIERS.get(band.tier, band.tier), "head"),
        box(f"tier{place}", (_MIDDLE - width / 2, top), (width, height)),
        label((_FIGURES, middle - 8), words.count(band.customers), "head end"),
        label((_FIGURES, middle + 9), share, "soft end"),
        box(f"tier{place}", (_SPEND + 1, top), (spent, height)),
        label((_SPEND + spent + 10, middle - 8), words.percent(band.share), "head"),
        label((_SPEND + spent + 10, middle + 9), words.money(band.spend_minor, currency), "soft"),
    ]


def cube(one: Cube | None, currency: str) -> str:
    """Show what was sold in each region and category, the totals at their own grain."""
    if one is None or not one.cells:
        return ""
    cells = {(cell.region, cell.category): cell for cell in one.cells}
    regions = list(dict.fromkeys(cell.region for cell in one.cells if cell.region))
    categories = list(dict.fromkeys(cell.category for cell in one.cells if cell.category))
    hottest = max((c.amount_minor for c in one.cells if c.region and c.category), default=1) or 1
    heads = "".join(f'<th scope="col" class="figure">{words.text(c)}</th>' for c in categories)
    rows = "".join(
        f'<tr{"" if region else " class=total"}><th scope="row">'
        f"{words.text(region or 'All regions')}</th>"
        + "".join(
            _cell(cells.get((region, category)), hottest, currency)
            for category in (*categories, None)
        )
        + "</tr>"
        for region in (*regions, None)
    )
    return (
        '<div class="scroll"><table class="cube"><thead><tr><th scope="col">Region</th>'
        f'{heads}<th scope="col" class="figure">All categories</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_note(cells)}"
    )


def _cell(cell: Cell | None, hottest: int, currency: str) -> str:
    if cell is None:
        return f'<td class="figure">{words.NONE}</td>'
    is_total = None in {cell.region, cell.category}
    heat = 0.0 if is_total else _HOTTEST * max(cell.amount_minor, 0) / hottest
    return (
        f'<td class="figure{" total" if is_total else ""}" style="--heat:{heat:.1f}%">'
        f"{words.text(words.money(cell.amount_minor, currency))}"
        f"<span>{words.count(cell.customers)} customers</span></td>"
    )


def _note(cells: dict[tuple[str | None, str | None], Cell]) -> str:
    """Say so where distinct customers do not add up to the total: they are not meant to."""
    whole = cells.get((None, None))
    regions = [one for (region, category), one in cells.items() if region and category is None]
    summed = sum(one.customers for one in regions)
    if whole is None or not regions or summed == whole.customers:
        return ""
    return (
        f'<p class="more">Amounts add up; customers do not: the {len(regions)} regions count'
        f" {words.count(summed)} between them, but only {words.count(whole.customers)} are"
        " different people, for many buy in more than one region. Every total is counted anew.</p>"
    )


def quarters(one: Cube | None, currency: str) -> str:
    """Draw a bar per quarter, with the sum and the customers of each year."""
    spans = [span for span in one.trend if span.quarter is not None] if one else []
    if one is None or not spans:
        return ""
    bars = [
        Bar(str(span.year), f"Q{span.quarter}", span.amount_minor, _told(span, currency))
        for span in spans
    ]
    years = {span.year: span for span in one.trend if span.quarter is None}
    heads = {str(year): _head(years.get(year), currency) for year in _years(spans)}
    summary = f"{len(spans)} quarters: " + "; ".join(_told(span, currency) for span in spans)
    return over_time(bars, heads, currency, told=("Sold per quarter", summary))


def _years(spans: Sequence[Span]) -> list[int]:
    return list(dict.fromkeys(span.year for span in spans))


def _head(year: Span | None, currency: str) -> str:
    if year is None:
        return ""
    return f"{words.money(year.amount_minor, currency)} · {words.count(year.customers)} customers"


def _told(span: Span, currency: str) -> str:
    return (
        f"{span.year} Q{span.quarter}: {words.money(span.amount_minor, currency)},"
        f" {words.count(span.customers)} customers"
    )
