"""The hidden key by which a form sent twice is carried out once."""

from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def request_key() -> SafeString:
    return format_html('<input type="hidden" name="request_key" value="{}">', uuid4().hex)
