"""Draw how a customer is organised inside, and who of its people stands where."""

from dataclasses import asdict

from chassis import records
from chassis.work import Work
from services.accounts.domain import organisation as rules
from services.accounts.domain.organisation import MAX_DEPARTMENTS, Position
from services.accounts.reads import customers, telling
from services.accounts.reads import organisation as reads
from services.accounts.tables import Contact, Customer, Department

KIND = "department"


def add_department(work: Work, *, customer_id: str, name: str, parent_id: str | None) -> Department:
    """Draw a department.

    :raises NotOfThisCustomer: if the one above is another house's.
    :raises TooManyDepartments: if there are more than anybody draws.
    """
    customer = work.get(Customer, customer_id)
    customers.hold(work, [f"departments:{customer_id}"])
    tree = reads.tree(work, customer_id)
    if len(tree) >= MAX_DEPARTMENTS:
        raise rules.TooManyDepartments("Nobody draws so many departments.")
    rules.check_line(tree, "", parent_id)
    department = work.add(
        Department(
            entity_id=customer.entity_id, customer_id=customer_id, parent_id=parent_id, name=name
        )
    )
    records.tell_changed(work, KIND, department, "created")
    work.flush()
    return department


def update_department(
    work: Work, *, department_id: str, version: int, name: str, parent_id: str | None
) -> Department:
    """Change what a department is called and what is above it.

    :raises StaleVersion: if it changed since.
    :raises ReportingLoop: if it would be above itself.
    """
    department = _seen(work, department_id, version)
    customers.hold(work, [f"departments:{department.customer_id}"])
    rules.check_line(reads.tree(work, department.customer_id), department.id, parent_id)
    department.name, department.parent_id = name, parent_id
    if work.session.is_modified(department):
        records.tell_changed(work, KIND, department, "updated")
        work.flush()
    return department


def remove_department(work: Work, *, department_id: str, version: int) -> None:
    """Take a department off the chart.

    :raises StaleVersion: if it changed since.
    :raises DepartmentInUse: if people or departments belong to it.
    """
    department = _seen(work, department_id, version)
    customers.hold(work, [f"departments:{department.customer_id}"])
    if reads.is_used(work, department_id):
        raise rules.DepartmentInUse("People or departments belong to this department.")
    records.tell_changed(work, KIND, department, "deleted")
    work.remove(department)


def place_contact(work: Work, *, contact_id: str, version: int, position: Position) -> Contact:
    """Say in which department somebody is, whom he reports to, and what he is when it decides.

    :raises StaleVersion: if it changed since.
    :raises NotOfThisCustomer: if department or superior is of another house.
    :raises ReportingLoop: if he would be above himself.
    """
    contact = work.get(Contact, contact_id, version=version)
    customers.hold(work, [f"departments:{contact.customer_id}", f"people:{contact.customer_id}"])
    if position.department_id is not None:
        tree = reads.tree(work, contact.customer_id)
        rules.check_line(tree, "", position.department_id)
    rules.check_line(reads.lines(work, contact.customer_id), contact.id, position.reports_to_id)
    for name, value in asdict(position).items():
        setattr(contact, name, value)
    if work.session.is_modified(contact):
        work.tell(telling.contact_recorded, contact)
        work.flush()
    return contact


def _seen(work: Work, department_id: str, version: int) -> Department:
    department = work.get(Department, department_id, version=version)
    work.get(Customer, department.customer_id)
    return department
