"""A whole review in one zip, complete and unblinded: for whoever hosts it, and for no page."""
