"""Let everything that hangs on a sale follow it, together: who sees one part sees the others."""

from chassis.work import Work
from contracts.sales import OrderPlaced, OrderRevised, QuoteAccepted, QuoteSent
from services.accounts.usecases import assets, classes, dealings, timeline


def follow_sale(work: Work, told: OrderPlaced | OrderRevised | QuoteSent | QuoteAccepted) -> None:
    """Note an order, or a quote that was sent or accepted.

    On an order hang the customer's class and stage, the clocks of drop rules, what he has of our
    products, and the timeline.

    :raises Unavailable: if the customer is not known yet.
    """
    if isinstance(told, QuoteSent | QuoteAccepted):
        timeline.note_quote(work, told)
        return
    customer = classes.note_order(work, told)
    assets.follow_order(work, customer, told)
    if isinstance(told, OrderPlaced):
        dealings.note_deal(work, customer, told)
        timeline.note_order(work, customer, told)
