"""Reviews made of invented records: one to look around in, and any size for measuring."""

EXAMPLE_PASSWORD = "parallax-example-2026"  # noqa: S105 -- published on purpose, for try-outs
TEMPLATE = "synthetic_images_diagnostic_imaging"
