"""Events made of quotes."""

from contracts import sales
from services.sales.tables import Quote


def quote_sent(quote: Quote) -> sales.QuoteSent:
    """Tell that a quote was offered."""
    return sales.QuoteSent(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
        valid_until=quote.valid_until,
    )


def quote_expired(quote: Quote) -> sales.QuoteExpired:
    """Tell that the time of a quote ran out."""
    return sales.QuoteExpired(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
    )


def quote_accepted(quote: Quote) -> sales.QuoteAccepted:
    """Tell that the customer accepted a quote."""
    return sales.QuoteAccepted(
        quote_id=quote.id,
        version=quote.version,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        total_minor=quote.total_minor,
        currency=quote.currency,
    )
