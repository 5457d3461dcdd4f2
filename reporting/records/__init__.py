"""Records found by words and filters, and what happened to one: as far as the viewer may know."""
