from django.urls import path

from screening.views import columns, foreign_votes, foreseen, jobs, searches, sources, together

urlpatterns = [
    path("sources/", sources.listing, name="sources"),
    path("sources/<int:source_pk>/edit/", sources.edit, name="source_edit"),
    path("sources/<int:source_pk>/remove/", sources.remove, name="source_remove"),
    path("sources/methods/", searches.methods, name="search_methods"),
    path("sources/import/", sources.import_file, name="import_file"),
    path("sources/import/<int:import_pk>/", sources.one_import, name="import"),
    path("sources/import/<int:import_pk>/columns/", columns.choose, name="import_columns"),
    path(
        "sources/import/<int:import_pk>/duplicates/", foreseen.duplicates, name="import_duplicates"
    ),
    path("sources/import/<int:import_pk>/votes/", foreign_votes.take_over, name="import_votes"),
    path("sources/import/together/<int:bundle_pk>/", together.look, name="together"),
    path("sources/import/jobs/<int:job_pk>/", jobs.one_job, name="job"),
]
