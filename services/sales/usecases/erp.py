"""What the ERP sends, and the verdict that it is told on every message."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from chassis.errors import Refused, Unavailable
from chassis.ids import natural_id
from chassis.work import Work
from contracts import erp
from services.sales.domain.orders import OrderDocument, Outcome
from services.sales.domain.products import ProductDocument, RevisionConflict
from services.sales.reads import quotes as catalogue
from services.sales.reads import telling
from services.sales.tables import Order, Product
from services.sales.usecases import orders

MAX_ECHO = 64  # how much of a refused message's own key is told back


class Message(Protocol):
    """What a partner's message says beside its body."""

    @property
    def message_id(self) -> str:
        """Return the partner's own id of the message."""

    @property
    def partner(self) -> str:
        """Return who sent it."""


def take_order(work: Work, message: Message, *, order: OrderDocument) -> None:
    """Take a revision of an order and tell what became of it."""
    outcome, standing = orders.upsert(work, message.partner, order)
    verdict = erp.OrderAccepted(
        external_id=order.external_id,
        revision=order.revision,
        message_id=message.message_id,
        outcome=outcome.value,
        order_id=standing.id,
        total_minor=standing.total_minor,
        currency=standing.currency,
    )
    _answer(work, message, verdict)


def refuse_order(
    work: Work, message: Message, body: Mapping[str, object], problem: Refused
) -> None:
    """Tell why an order was not taken."""
    verdict = erp.OrderRefused(
        external_id=_text(body, "order_id"),
        revision=_number(body, "revision"),
        message_id=message.message_id,
        code=problem.code,
        reason=problem.message,
    )
    _answer(work, message, verdict)


def take_product(work: Work, message: Message, *, product: ProductDocument) -> None:
    """Take a revision of a product into the catalogue and tell what became of it."""
    outcome, standing = _upsert(work, product)
    verdict = erp.ProductAccepted(
        external_id=product.sku,
        revision=product.revision,
        message_id=message.message_id,
        outcome=outcome.value,
        product_id=standing.id,
    )
    _answer(work, message, verdict)


def refuse_product(
    work: Work, message: Message, body: Mapping[str, object], problem: Refused
) -> None:
    """Tell why a product was not taken."""
    verdict = erp.ProductRefused(
        external_id=_text(body, "product_id"),
        revision=_number(body, "revision"),
        message_id=message.message_id,
        code=problem.code,
        reason=problem.message,
    )
    _answer(work, message, verdict)


def _answer(work: Work, message: Message, verdict: object) -> None:
    # The aggregate is the message and this is all that is ever told of it: number 1.
    work.write_many(Order, [], [(verdict, message.message_id, 1)])


def _upsert(work: Work, told: ProductDocument) -> tuple[Outcome, Product]:
    standing = catalogue.product_for_update(work, told.sku)
    if standing is None:
        product = Product(id=natural_id("product", told.sku), sku=told.sku, active=True)
        work.add(product)
        _write(product, told)
        work.tell(telling.product_changed("created"), product)
        try:
            work.flush()
        except IntegrityError as taken:
            raise Unavailable("The product is being entered.", code="sales.product.busy") from taken
        return Outcome.CREATED, product
    if told.revision < standing.revision:
        return Outcome.SUPERSEDED, standing
    if told.revision == standing.revision:
        if _image(standing) != (told.name, told.category, told.sub_category):
            raise RevisionConflict(
                "This revision was told before with another content.",
                detail={"revision": told.revision},
            )
        return Outcome.UNCHANGED, standing
    _write(standing, told)
    work.tell(telling.product_changed("updated"), standing)
    return Outcome.REVISED, standing


def _write(product: Product, told: ProductDocument) -> None:
    product.revision, product.name = told.revision, told.name
    product.category, product.sub_category = told.category, told.sub_category


def _image(product: Product) -> tuple[str, str | None, str | None]:
    return product.name, product.category, product.sub_category


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    return value[:MAX_ECHO] if isinstance(value, str) else ""


def _number(body: Mapping[str, object], name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
