"""Addresses of this app, a file per subject."""

from django.urls import include, path

import screening.urls.converters  # noqa: F401 -- registers <stage:…> before the routes use it
from screening.urls import (
    adjustments,
    conflicts,
    duplicates,
    protocol,
    retrieval,
    reviews,
    screen,
    sources,
    team,
)

app_name = "screening"
urlpatterns = [
    *reviews.urlpatterns,
    path(
        "reviews/<int:review_pk>/",
        include(
            [
                *protocol.urlpatterns,
                *team.urlpatterns,
                *sources.urlpatterns,
                *screen.urlpatterns,
                *conflicts.urlpatterns,
                *retrieval.urlpatterns,
                *adjustments.urlpatterns,
                *duplicates.urlpatterns,
            ]
        ),
    ),
]
