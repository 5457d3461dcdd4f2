"""The example review of a local try-out."""

EXAMPLE_PASSWORD = "parallax-example"
