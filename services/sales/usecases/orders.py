"""Orders: the newest revision of each stands in the books, whatever came when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.exc import IntegrityError

from chassis.errors import Unavailable
from chassis.ids import natural_id, new_id
from chassis.ownership import demand_sight, hand_over
from chassis.work import Work
from services.sales.domain import orders as rules
from services.sales.domain import quotes
from services.sales.domain.orders import LineDocument, OrderDocument, Outcome, Standing
from services.sales.reads import customers, records, telling
from services.sales.reads import orders as reads
from services.sales.reads import quotes as catalogue
from services.sales.tables import CustomerRef, Order, OrderLine, Product, Quote
from services.sales.usecases.ownership import known_customer, owner_of
from services.sales.usecases.standing import caution_of, demand_welcome

OURS = "crm"  # the external system of orders that are entered here


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: a revision of an order, of a customer, out of the catalogue."""

    order: OrderDocument
    customer: CustomerRef
    products: Mapping[str, Product]  # by sku


def upsert(work: Work, system: str, order: OrderDocument) -> tuple[Outcome, Order]:
    """Take over a revision from an outside system unless the books have it, or a newer one.

    :raises UnknownProduct: if the catalogue does not know a line's product.
    :raises RevisionConflict: if this revision was told before with another content.
    :raises Unavailable: if the customer has not been heard of yet.
    """
    rules.check(order)
    id_ = natural_id("order", system, order.external_id)
    standing = records.locked(work, Order, id_)
    outcome = rules.compare(_standing(standing), order)
    if standing is None:
        placed = _place(work, Order(id=id_, external_system=system), _entry(work, order))
        return outcome, placed
    if outcome is Outcome.REVISED:
        _revise(work, standing, _entry(work, order))
    return outcome, standing


def place_order(work: Work, *, customer_id: str, order: OrderDocument) -> Order:
    """Enter an order by hand.

    :raises Forbidden: if the customer is somebody else's.
    :raises CustomerBarred: if we do not sell to this customer.
    """
    rules.check(order)
    demand_welcome(work, customer_id)
    customer = known_customer(work, customer_id)
    id_ = new_id()
    entry = Entry(replace(order, external_id=id_), customer, _products(work, order.lines, customer))
    placed = _place(work, Order(id=id_, external_system=OURS), entry)
    demand_sight(work, placed)
    return placed


def order_quote(work: Work, *, quote_id: str, version: int) -> Order:
    """Order what the customer accepted, where no outside system does it.

    :raises QuoteNotAccepted: if the customer did not, or it was ordered already.
    :raises CustomerBarred: if we do not sell to this customer any more.
    """
    quote = work.get(Quote, quote_id, version=version)
    demand_welcome(work, quote.customer_id)
    if quote.status is not quotes.QuoteStatus.ACCEPTED or quote.order_id is not None:
        raise quotes.QuoteNotAccepted("Only an accepted quote is ordered, and only once.")
    lines = catalogue.lines(work, quote.id)
    by_id = catalogue.products_by_id(work, {line.product_id for line in lines}, quote.entity_id)
    document = OrderDocument(
        external_id=quote.id,
        revision=1,
        ordered_on=work.now.date(),
        currency=quote.currency,
        total_minor=quote.total_minor,
        lines=tuple(
            LineDocument(
                key=str(line.place),
                sku=by_id[line.product_id].sku,
                quantity=line.quantity,
                discount=Decimal(line.discount),
                amount_minor=line.amount_minor,
            )
            for line in lines
        ),
    )
    products = {product.sku: product for product in by_id.values()}
    entry = Entry(document, known_customer(work, quote.customer_id), products)
    placed = _place(
        work, Order(id=natural_id("order", OURS, quote.id), external_system=OURS), entry
    )
    quote.order_id = placed.id
    return placed


def _standing(order: Order | None) -> Standing | None:
    if order is None:
        return None
    return Standing(order.revision, order.fingerprint, order.currency)


def _entry(work: Work, order: OrderDocument) -> Entry:
    customer = customers.customer_of_erp(work, order.customer_external_id)
    if customer is None:
        # It may be on its way; when it never comes, the message is parked and a person looks.
        raise Unavailable(
            "Sales has not been told of the customer of this order.",
            code="sales.order.customer_not_known_yet",
            detail={"customer_external_id": order.customer_external_id},
        )
    return Entry(order, customer, _products(work, order.lines, customer))


def _products(
    work: Work, lines: tuple[LineDocument, ...], customer: CustomerRef
) -> Mapping[str, Product]:
    skus = {line.sku for line in lines}
    known = catalogue.products_by_sku(work, skus, owner_of(customer).entity_id)
    rules.unknown_products(skus, set(known))
    return known


def _place(work: Work, order: Order, entry: Entry) -> Order:
    order.entity_id = owner_of(entry.customer).entity_id
    _write(work, order, entry)
    work.add(order)
    lines = [
        work.add(_fill(_line(order, document), document, entry)) for document in entry.order.lines
    ]
    work.tell(telling.order_placed(_in_order(lines)), order)
    try:
        work.flush()
    except IntegrityError as taken:
        # Another worker enters the same order right now; the next attempt finds it.
        raise Unavailable("The order is being entered.", code="sales.order.busy") from taken
    return order


def _revise(work: Work, order: Order, entry: Entry) -> None:
    standing = {line.line_key: line for line in reads.lines(work, order.id)}
    lines = []
    for document in entry.order.lines:
        line = standing.pop(document.key, None) or work.add(_line(order, document))
        lines.append(_fill(line, document, entry))
    for line in standing.values():
        work.remove(line)
    _write(work, order, entry)
    work.tell(telling.order_revised(_in_order(lines)), order)


def _write(work: Work, order: Order, entry: Entry) -> None:
    document = entry.order
    hand_over(order, owner_of(entry.customer))
    order.customer_id = entry.customer.id
    order.caution = caution_of(work, entry.customer, order.id, document)
    order.external_id, order.revision = document.external_id, document.revision
    order.fingerprint = document.fingerprint()
    order.ordered_on, order.currency = document.ordered_on, document.currency
    order.total_minor, order.line_count = document.total_minor, len(document.lines)
    order.status, order.ship_mode = document.status, document.ship_mode
    order.ship_city, order.ship_state = document.ship_to.city, document.ship_to.state
    order.ship_postal_code = document.ship_to.postal_code
    order.ship_country, order.ship_region = document.ship_to.country, document.ship_to.region


def _line(order: Order, document: LineDocument) -> OrderLine:
    return OrderLine(
        id=natural_id("order_line", order.id, document.key),
        entity_id=order.entity_id,
        order_id=order.id,
        line_key=document.key,
    )


def _fill(line: OrderLine, document: LineDocument, entry: Entry) -> OrderLine:
    line.product_id, line.sku = entry.products[document.sku].id, document.sku
    line.quantity, line.discount = document.quantity, str(document.discount)
    line.amount_minor = document.amount_minor
    return line


def _in_order(lines: list[OrderLine]) -> list[OrderLine]:
    return sorted(lines, key=lambda line: line.line_key)
