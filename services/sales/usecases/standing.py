"""What accounts' flags and credit limits mean to offers and orders."""

from chassis.work import Work
from contracts.flags import is_barred
from services.sales.domain import standing as rules
from services.sales.domain.orders import OrderDocument
from services.sales.domain.standing import Caution, Limit
from services.sales.reads import customers
from services.sales.reads import orders as reads
from services.sales.tables import CustomerRef


def demand_welcome(work: Work, customer_id: str) -> None:
    """Demand that we sell to a customer, as accounts told last.

    :raises CustomerBarred: if we do not.
    """
    customer = customers.customer(work, customer_id)
    rules.demand_welcome(barred=customer is not None and is_barred(customer.flags))


def caution_of(
    work: Work, customer: CustomerRef, order_id: str, order: OrderDocument
) -> Caution | None:
    """Say why somebody should look at an order: it is in the books all the same."""
    limit = _limit(customer)
    open_ = reads.open_minor(work, customer.id, order.currency, besides=order_id) if limit else 0
    return rules.caution(
        barred=is_barred(customer.flags),
        limit=limit,
        open_minor=open_ + (order.total_minor if order.status in reads.OPEN else 0),
        currency=order.currency,
    )


def _limit(customer: CustomerRef) -> Limit | None:
    if customer.credit_limit_minor is None or customer.credit_currency is None:
        return None
    return Limit(customer.credit_limit_minor, customer.credit_currency)
