"""People as vCard 4.0 (RFC 6350): values escaped, lines of at most 75 octets."""

from collections.abc import Iterator, Mapping

MAX_OCTETS = 75  # of a line, without its end
_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n", "\r": None})


def card(person: Mapping[str, str], phone_e164: str | None) -> str:
    """Write one person; empty values are left out."""
    lines = ("BEGIN:VCARD", "VERSION:4.0", *_properties(person, phone_e164), "END:VCARD")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _properties(person: Mapping[str, str], phone_e164: str | None) -> Iterator[str]:
    yield "KIND:individual"
    yield f"UID;VALUE=text:{escaped(person['id'])}"
    yield f"FN:{escaped(person['name'])}"
    for name, column in (("EMAIL", "email"), ("ORG", "customer"), ("ROLE", "role")):
        if person.get(column):
            yield f"{name}:{escaped(person[column])}"
    if phone_e164:
        yield f"TEL;VALUE=uri:tel:{phone_e164}"
    elif person.get("phone"):
        yield f"TEL;VALUE=text:{escaped(person['phone'])}"
    if person.get("language"):
        yield f"LANG:{person['language']}"
    # post box, extension, street, then what we know
    places = [person.get(name, "") for name in ("city", "state", "postal_code", "country")]
    if any(places):
        yield "ADR:;;;" + ";".join(map(escaped, places))
    if person.get("updated_at"):
        # 2026-11-30T12:00:00.000000Z, in the standard's shorter form
        yield "REV:" + person["updated_at"][:19].replace("-", "").replace(":", "") + "Z"


def escaped(value: str) -> str:
    """Write a text so that nothing in it ends a component or a line."""
    return value.translate(_ESCAPED)


def folded(line: str) -> str:
    """Break a line into lines of at most 75 octets, never inside a character."""
    parts, part, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > MAX_OCTETS:
            parts.append(part)
            part, octets = "", 1  # the next line begins with a space
        part += character
        octets += size
    return "\r\n ".join([*parts, part])
