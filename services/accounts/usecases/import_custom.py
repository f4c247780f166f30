"""The custom columns of an import: the rows of a chunk against the fields, all at once, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.audit import CUSTOM as COLUMN
from chassis.audit import plain
from chassis.custom import forms, values
from chassis.custom.forms import Form
from chassis.custom.index import sole
from chassis.custom.reading import from_text
from chassis.custom.values import Known, Values
from chassis.errors import Conflict, Invalid
from chassis.work import Work
from services.accounts.domain.exports import CUSTOM
from services.accounts.domain.imports import Fault
from services.accounts.tables import Customer, Import

HELD = "custom:"  # before a value of a unique field among the keys that a dry run remembers


@dataclass(slots=True)
class Custom:
    """What a chunk knows of custom fields, and the values that its rows come to."""

    form: Form
    facts: Known
    of: dict[str, Values] = field(default_factory=dict)  # all values, by customer
    new: set[str] = field(default_factory=set)  # customers that this chunk enters

    def entered(self, customer_id: str, told: Values) -> Values | Fault:
        """Return the values of a new customer, or why it has to be refused."""
        if not self.form.fields:
            return {}
        try:
            whole = values.completed(self.form, told)
            values.demand(self.form, told, self.facts, customer_id)
        except (Invalid, Conflict) as refused:
            return fault(refused)
        self.new.add(customer_id)
        self.of[customer_id] = whole
        return whole

    def changed(self, customer: Customer, told: Values) -> dict[str, object] | Fault:
        """Return the column that changes of a known customer, or why it has to be refused."""
        if not told:
            return {}
        try:
            whole = values.merged(customer.custom, told)
            values.demand(self.form, told, self.facts, customer.id)
        except (Invalid, Conflict) as refused:
            return fault(refused)
        return self._kept(customer, whole)

    def restored(self, customer: Customer, back: Mapping[str, object]) -> dict[str, object] | Fault:
        """Return the column of a customer that gets old values back, or why it cannot get them.

        What it referred to may be gone and a field be retired since: they were its values, and are.
        """
        old = dict(_named(back))
        claims = dict(self._claims(old))
        taken = [key for key, claim in claims.items() if self._is_anothers(claim, customer.id)]
        if taken:
            return Fault("taken", "Another customer has this value.", f"{CUSTOM}{taken[0]}")
        try:
            whole = values.merged(customer.custom, old)
        except Invalid as refused:
            return fault(refused)
        for _, claim in self._claims({key: customer.custom.get(key) for key in old}):
            self.facts.taken.pop(claim, None)
        self.facts.taken.update(dict.fromkeys(claims.values(), customer.id))
        return self._kept(customer, whole)

    def gone(self, customer: Customer) -> None:
        """Let a customer that is removed not be found, and others have its values."""
        if customer.custom:
            self.of[customer.id] = {}
            for _, claim in self._claims(customer.custom):
                self.facts.taken.pop(claim, None)

    def _kept(self, customer: Customer, whole: Values) -> dict[str, object]:
        if whole == customer.custom:
            return {}
        self.of[customer.id] = whole
        return {COLUMN: whole}

    def _claims(self, told: Values) -> Iterable[tuple[str, tuple[str, str]]]:
        for key, value in told.items():
            known = self.form.fields.get(key)
            if known is not None and known.unique and value is not None:
                yield key, (known.id, sole(known, value))

    def _is_anothers(self, claim: tuple[str, str], customer_id: str) -> bool:
        return self.facts.taken.get(claim, customer_id) != customer_id


def fields(work: Work) -> Form:
    """Return the fields of customers, retired ones included; they may change any time."""
    return forms.form(work, Customer)


def columns(form: Form) -> list[str]:
    """Return the columns that a file can have of custom fields."""
    return [f"{CUSTOM}{key}" for key, known in form.fields.items() if known.active]


def have_a_say(form: Form, job: Import) -> bool:
    """Say whether rows are held against the fields: they name one, or one demands or gives something.

    It is said when the import starts: a field that is defined while it runs is as good as one
    defined behind it.
    """
    return _names_fields(job) or any(
        known.active and (known.required or known.default is not None)
        for known in form.fields.values()
    )


def form_of(work: Work, job: Import, *, asked: bool) -> Form:
    """Return the fields to read rows by; they stay so until this work is done."""
    if not asked:
        return Form(Customer, {})
    return values.form_for(work, Customer, alone=_names_fields(job))


def _names_fields(job: Import) -> bool:
    return any(name and name.startswith(CUSTOM) for name in job.columns)


def begin(work: Work, form: Form, told: Iterable[Values], seen: Iterable[str]) -> Custom:
    """Ask for what the values of a chunk need; ``seen`` are keys that a dry run remembers."""
    facts = values.known(work, form, told)
    for key in seen:
        if key.startswith(HELD):
            _, field_id, value = key.split(":")
            facts.taken[field_id, value] = ""  # a customer that a dry run did not enter
    return Custom(form, facts)


def begin_back(
    work: Work, images: Iterable[Mapping[str, object]], entered: Iterable[Customer]
) -> Custom:
    """Ask for what is needed to give old values back, and to let go of those who were entered."""
    old = [dict(_named(image)) for image in images]
    if not any(old) and not any(customer.custom for customer in entered):
        return Custom(Form(Customer, {}), Known(set(), {}))
    form = values.form_for(work, Customer, alone=True)
    unique = [{k: v for k, v in one.items() if form.fields[k].unique} for one in old]
    return Custom(form, values.known(work, form, unique))


def read(form: Form, cells: Mapping[str, str]) -> Values | Fault:
    """Return the values that the cells of a row say, or why it has to be refused."""
    try:
        return values.read(
            form,
            {
                key: from_text(known, cell) if (known := form.fields.get(key)) else cell
                for key, cell in cells.items()
            },
        )
    except Invalid as refused:
        return fault(refused)


def held(form: Form, told: Values) -> set[str]:
    """Return the values of unique fields as a dry run remembers them."""
    unique = ((form.fields[key], value) for key, value in told.items() if form.fields[key].unique)
    return {f"{HELD}{known.id}:{sole(known, value)}" for known, value in unique}


def write(work: Work, custom: Custom) -> None:
    """Let the customers of a chunk be found by their values."""
    values.write(work, custom.form, custom.of, new=frozenset(custom.new))


def fault(refused: Invalid | Conflict) -> Fault:
    """Say why a row is refused as an import says it."""
    key = refused.detail.get("field")
    column = f"{CUSTOM}{key}" if key else None
    return Fault(refused.code.rpartition(".")[2], refused.message, column)


def images(
    customer: Customer, different: Mapping[str, Any]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return what changes as it was and as it will be, custom values each by its own name."""
    after = besides(different)
    if COLUMN in different:
        whole = different[COLUMN]
        keys = [
            key for key in customer.custom | whole if customer.custom.get(key) != whole.get(key)
        ]
        after |= {f"{CUSTOM}{key}": whole.get(key) for key in keys}
    before = {name: plain(now(customer, name)) for name in after}
    return before, {name: plain(value) for name, value in after.items()}


def now(customer: Customer, name: str) -> object:
    """Return what a customer has in a column, or in a custom field: custom.hobby."""
    if name.startswith(CUSTOM):
        return customer.custom.get(name.removeprefix(CUSTOM))
    return getattr(customer, name)


def besides(changes: Mapping[str, object]) -> dict[str, object]:
    """Return what of changes is not of custom fields."""
    return {name: value for name, value in changes.items() if name.partition(".")[0] != COLUMN}


def _named(changes: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    for name, value in changes.items():
        if name.startswith(CUSTOM):
            yield name.removeprefix(CUSTOM), value
