"""Templates: saved only when everybody could get them."""

from collections.abc import Mapping
from dataclasses import asdict

from chassis.work import Work
from services.marketing.domain import templates as rules
from services.marketing.domain.templates import Purpose, Variant
from services.marketing.tables import Template


def save_template(
    work: Work, *, key: str, purpose: Purpose, variants: Mapping[str, Variant]
) -> Template:
    """Save a new template.

    :raises TemplateWrong: if a text could not be sent to everybody.
    """
    rules.check(purpose, variants)
    return work.add(Template(key=key, purpose=purpose, variants=_stored(variants)))


def revise_template(
    work: Work, *, template_id: str, version: int, variants: Mapping[str, Variant]
) -> Template:
    """Change what a template says; campaigns that were launched keep what it said then.

    :raises TemplateWrong: if a text could not be sent to everybody.
    """
    template = work.get(Template, template_id, version=version)
    rules.check(template.purpose, variants)
    template.variants = _stored(variants)
    return template


def _stored(variants: Mapping[str, Variant]) -> dict[str, dict[str, str | None]]:
    return {language: asdict(variant) for language, variant in variants.items()}
