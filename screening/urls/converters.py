"""Stages as addresses spell them."""

from django.urls import register_converter

from screening.rules import Stage


class StageConverter:
    regex = "title-abstract|full-text"

    def to_python(self, value: str) -> Stage:
        return Stage(value.replace("-", "_"))

    def to_url(self, stage: str) -> str:
        return str(stage).replace("_", "-")


register_converter(StageConverter, "stage")
