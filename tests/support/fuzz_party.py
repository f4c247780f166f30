"""What accounts knows of a customer beside the master record, with a mark in all of its words."""

from typing import Any

from services.accounts.config import Own


def know_party(rooms: Any, mark: str) -> None:
    """Let accounts know all there is to know of the customer of a mark."""
    id_ = rooms.customers[mark]
    rooms.accounts.runtime.own = Own(sensitive_traits=True)

    def tell(method: str, **more: Any) -> Any:
        return rooms.call(f"accounts.{method}", customer_id=id_, **more)

    tell("add_contact_point", medium="address", address={"city": f"City {mark}"}, label=mark)
    department = tell("add_department", name=f"Board {mark}")["id"]
    contact = rooms.call(
        "accounts.find_records", kind="contact", filters={"customer_id": id_}
    )["items"][0]  # fmt: skip
    rooms.call(
        "accounts.place_contact", contact_id=contact["id"], version=contact["version"],
        department_id=department, buying_role="decision_maker",
    )  # fmt: skip
    tell("schedule_meetings", subject=f"Talk {mark}", cadence="year",
         starts_at="2030-01-01T00:00:00Z")  # fmt: skip
    tell("record_asset", sku="OFF-1", serial=f"serial {mark}")
    tell("set_trait", kind="character", value=f"Like {mark}")
    tell("set_consent", purpose="sensitive_traits", channel="mail", granted=True, basis="consent")
    tell("set_sensitive_trait", kind="belief", value=f"Belief {mark}")
    tell("record_behaviour", facts=[
        {"kind": "usage", "value": f"Used {mark}", "source": "network",
         "period_start": "2017-01-01", "period_end": "2017-02-01"},
    ])  # fmt: skip
    tell("register_member", number=f"No {mark}", level="gold", joined_on="2016-01-01")
    tell("record_nda", party=f"Party {mark}", note=f"Silent on {mark}")
    version = rooms.call("accounts.get_record", kind="customer", id=id_)["version"]
    tell("add_external_id", version=version, system="shop", external_id=f"key {mark}")


def relate(rooms: Any, one: str, other: str) -> None:
    """Let the customers of two marks be something to each other."""
    rooms.call(
        "accounts.relate", customer_id=rooms.customers[one], other_id=rooms.customers[other],
        relation="partner",
    )  # fmt: skip
