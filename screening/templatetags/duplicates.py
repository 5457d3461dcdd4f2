"""How merges and questions about duplicates read."""

from django import template

from screening.duplicates import RELATED, in_words, likeliness
from screening.merged import pattern_in_words
from screening.models import DuplicateQuestion, Merge

register = template.Library()


@register.filter
def why(said: Merge | DuplicateQuestion) -> str:
    """Why two records were merged, or why that was left to a person."""
    if isinstance(said, Merge):
        return pattern_in_words(said.pattern)
    return in_words(said.reason)


@register.filter
def how_likely(question: DuplicateQuestion) -> str:
    if question.reason == RELATED:
        return "probably related reports"
    return likeliness(question.score)
