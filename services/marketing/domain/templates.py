"""What a mail says: texts with places for words, checked when they are saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from chassis.errors import Invalid

MAX_RENDERED = 200_000  # characters of one part
MAX_COMPILED = 200  # texts kept ready
FALLBACK_LANGUAGE = "en"


class Purpose(StrEnum):
    """What a customer is written to for."""

    MARKETING = "marketing"  # needs his consent
    SERVICE = "service"  # about his own affairs


# What a text may name. Everybody who edits templates finds the same list in the error.
VARIABLES: Mapping[Purpose, frozenset[str]] = {
    Purpose.MARKETING: frozenset({"name", "language", "tier", "unsubscribe_url"}),
    Purpose.SERVICE: frozenset({"name", "language", "link", "expires_on"}),
}
DEMANDED: Mapping[Purpose, str] = {
    Purpose.MARKETING: "unsubscribe_url",
    Purpose.SERVICE: "link",
}
_FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim", "default", "e", "escape"})
# Words, choices and comparisons; no loop, call, attribute or sum, so that no text can hang a mail.
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_PLAIN = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # no HTML
_HTML = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


# A filter with too many arguments or a number beside a word; too many choices, or too deep.
_BROKEN = (TemplateError, TypeError, SyntaxError, RecursionError)
# With these every text is filled in before it is taken: everything is known, or next to nothing.
_KNOWN = {
    "name": "Ada", "language": "en", "tier": "vip", "expires_on": "2017-03-01",
    "unsubscribe_url": "https://x/u/t", "link": "https://x/s/t",
}  # fmt: skip
_SAMPLES = (_KNOWN, _KNOWN | {"name": "", "tier": "", "expires_on": ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What a mail says in one language."""

    subject: str
    text: str
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a mail says to one customer."""

    subject: str
    text: str
    html: str | None


class TemplateWrong(Invalid):
    """Refuse a text that could not be sent to everybody."""

    code = "marketing.template.wrong"


def check(purpose: Purpose, variants: Mapping[str, Variant]) -> None:
    """Demand that every variant can be rendered and has the link that its purpose needs.

    :raises TemplateWrong: if a text has an unknown variable, a construct that is not taken, or
        lacks its link, or no variant is there for everybody else.
    """
    if FALLBACK_LANGUAGE not in variants:
        raise TemplateWrong(
            f"A template needs a variant in {FALLBACK_LANGUAGE!r}, for whoever has no other.",
            detail={"languages": sorted(variants)},
        )
    for language, variant in variants.items():
        for part, source in _parts(variant).items():
            _check_part(purpose, f"{language}.{part}", source)


def choose(variants: Mapping[str, Variant], language: str | None) -> tuple[str, Variant]:
    """Return the variant for a language: its own, its family's, or the one for everybody else."""
    wanted = (language or "").lower()
    for one in (wanted, wanted.partition("-")[0], FALLBACK_LANGUAGE):
        if one in variants:
            return one, variants[one]
    return next(iter(sorted(variants.items())))


def render(variant: Variant, values: Mapping[str, str]) -> Words:
    """Fill in the words.

    :raises TemplateWrong: if a value is missing or the result is too long.
    """
    try:
        subject = _compiled(variant.subject, is_html=False).render(values)
        text = _compiled(variant.text, is_html=False).render(values)
        html = _compiled(variant.html, is_html=True).render(values) if variant.html else None
    except _BROKEN as wrong:
        raise TemplateWrong("A text could not be filled in.") from wrong
    if max(len(subject), len(text), len(html or "")) > MAX_RENDERED:
        raise TemplateWrong(f"A text is longer than {MAX_RENDERED} characters.")
    # A subject is one line; what a name holds must not become a header.
    return Words(subject=" ".join(subject.split()), text=text, html=html)


@lru_cache(maxsize=MAX_COMPILED)
def _compiled(source: str, *, is_html: bool) -> Template:
    """Compile a text once: that takes longer than filling it in a hundred times."""
    return (_HTML if is_html else _PLAIN).from_string(source)


def _parts(variant: Variant) -> dict[str, str]:
    parts = {"subject": variant.subject, "text": variant.text}
    return parts | ({"html": variant.html} if variant.html is not None else {})


def _check_part(purpose: Purpose, where: str, source: str) -> None:
    _check_words(purpose, where, source)
    for sample in _SAMPLES:
        try:
            text = _PLAIN.from_string(source).render(sample)
        except _BROKEN as wrong:
            raise TemplateWrong(
                f"{where} could not be filled in: {wrong}.", detail={"part": where}
            ) from wrong
        if sample[DEMANDED[purpose]] not in text and not where.endswith("subject"):
            raise TemplateWrong(
                f"{where} needs {{{{ {DEMANDED[purpose]} }}}}, shown to everybody as it is.",
                detail={"part": where},
            )


def _check_words(purpose: Purpose, where: str, source: str) -> None:
    try:
        tree = _PLAIN.parse(source)
    except _BROKEN as wrong:
        raise TemplateWrong(f"{where} is not a template: {wrong}.", detail={"part": where}) from (
            wrong
        )
    used = {name.name for name in tree.find_all(nodes.Name)}
    unknown = used - VARIABLES[purpose]
    if unknown:
        raise TemplateWrong(
            f"{where} names {', '.join(sorted(unknown))}, which nobody will fill in.",
            detail={"part": where, "known": sorted(VARIABLES[purpose])},
        )
    for node in tree.find_all(nodes.Node):
        taken = isinstance(node, _NODES)
        if not taken or (isinstance(node, nodes.Filter) and node.name not in _FILTERS):
            raise TemplateWrong(
                f"{where} uses {type(node).__name__.lower()}, which is not taken here.",
                detail={"part": where},
            )
