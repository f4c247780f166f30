"""Quotes: drafting, sending and accepting them, and letting them run out."""

from collections.abc import Mapping, Sequence

from chassis.errors import Invalid
from chassis.money import exponent
from chassis.ownership import hand_over
from chassis.work import Work
from services.sales.domain import opportunities
from services.sales.domain import quotes as rules
from services.sales.domain.quotes import QuoteDraft, QuoteStatus
from services.sales.reads import quotes as reads
from services.sales.reads import records, telling
from services.sales.tables import Opportunity, Quote, QuoteLine
from services.sales.usecases.opportunities import win
from services.sales.usecases.ownership import Owner
from services.sales.usecases.standing import demand_welcome

EXPIRY = "quote.expiry"  # the kind of the timer


class NotInCatalogue(Invalid):
    """Refuse to offer what we do not sell."""

    code = "sales.quote.unknown_product"


def draft_quote(work: Work, *, opportunity_id: str, draft: QuoteDraft) -> Quote:
    """Draft a quote for an open opportunity.

    :raises CustomerBarred: if we do not sell to its customer.
    """
    one = work.get(Opportunity, opportunity_id)
    opportunities.demand_open(one.stage_type)
    demand_welcome(work, one.customer_id)
    quote = Quote(
        opportunity_id=one.id,
        customer_id=one.customer_id,
        entity_id=one.entity_id,
        status=QuoteStatus.DRAFT,
    )
    hand_over(quote, Owner(one.entity_id, one.owner_id, one.team_id, one.territory_id))
    work.add(quote)
    _write(work, quote, draft, [])
    return quote


def redraft_quote(work: Work, *, quote_id: str, version: int, draft: QuoteDraft) -> Quote:
    """Replace what a draft offers."""
    quote = work.get(Quote, quote_id, version=version)
    rules.demand_draft(quote.status)
    _write(work, quote, draft, reads.lines(work, quote.id))
    return quote


def send_quote(work: Work, *, quote_id: str, version: int) -> Quote:
    """Offer a quote to the customer; from now on it stands until its time runs out.

    :raises CustomerBarred: if we do not sell to this customer any more.
    """
    quote = work.get(Quote, quote_id, version=version)
    demand_welcome(work, quote.customer_id)
    rules.demand_draft(quote.status)
    rules.demand_valid(quote.valid_until, work.now)
    quote.status, quote.sent_at = QuoteStatus.SENT, work.now
    work.at(quote.valid_until, EXPIRY, quote.id, {})
    work.tell(telling.quote_sent, quote)
    return quote


def accept_quote(work: Work, *, quote_id: str, version: int) -> Quote:
    """Note that the customer accepted: the opportunity is won with what the quote says.

    :raises OpportunityClosed: if it was won or lost already.
    """
    quote = work.get(Quote, quote_id, version=version)
    rules.demand_acceptable(quote.status, quote.valid_until, work.now)
    one = records.locked(work, Opportunity, quote.opportunity_id)
    assert one is not None
    opportunities.demand_open(one.stage_type)
    quote.status, quote.accepted_at = QuoteStatus.ACCEPTED, work.now
    work.cancel(EXPIRY, quote.id)
    one.amount_minor, one.currency = quote.total_minor, quote.currency
    win(work, one)
    work.tell(telling.quote_accepted, quote)
    return quote


def expire(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # the form of a timer's use case
    """Let a quote run out that the customer did not accept."""
    quote = records.locked(work, Quote, key)
    if quote is None or quote.status is not QuoteStatus.SENT:
        return
    quote.status = QuoteStatus.EXPIRED
    work.tell(telling.quote_expired, quote)


def _write(work: Work, quote: Quote, draft: QuoteDraft, standing: Sequence[QuoteLine]) -> None:
    exponent(draft.currency)
    rules.demand_valid(draft.valid_until, work.now)
    wanted = {line.product_id for line in draft.lines}
    known = reads.products_by_id(work, wanted, quote.entity_id)
    unknown = sorted(id_ for id_ in wanted if id_ not in known or not known[id_].active)
    if unknown:
        raise NotInCatalogue(
            "The catalogue has no such product in sale.", detail={"products": unknown[:50]}
        )
    quote.currency, quote.valid_until = draft.currency, draft.valid_until
    quote.total_minor, quote.line_count = draft.total_minor, len(draft.lines)
    for old in standing:
        work.remove(old)
    work.flush()  # the places become free before they are taken again
    for place, line in enumerate(draft.lines, start=1):
        work.add(
            QuoteLine(
                quote_id=quote.id,
                entity_id=quote.entity_id,
                place=place,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=str(line.unit_price),
                discount=str(line.discount),
                amount_minor=line.amount_minor(draft.currency),
            )
        )
