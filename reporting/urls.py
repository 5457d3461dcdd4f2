"""Addresses of this app."""

from django.urls import include, path

from reporting.views import files, log, overview, records, report, searches
from screening.urls import converters  # noqa: F401 -- registers <stage:…>

app_name = "reporting"
urlpatterns = [
    path("", overview.home, name="home"),
    path(
        "reviews/<int:review_pk>/",
        include(
            [
                path("", overview.overview, name="overview"),
                path("rail/", overview.rail, name="rail"),
                path("screen/<stage:stage>/progress/", overview.progress, name="progress"),
                path("log/", log.log, name="log"),
                path("records/", records.records, name="records"),
                path("records/<int:record_pk>/", records.record, name="record"),
                path("records.csv", records.as_csv, name="records_csv"),
                path("records.ris", records.as_ris, name="records_ris"),
                path("sources/report/", searches.report, name="search_report"),
                path("report/", report.report, name="report"),
                path("report/agreement/", report.agreement, name="agreement"),
                path("export/", files.files, name="files"),
                path("export/<slug:name>.csv", files.export, name="export"),
            ]
        ),
    ),
]
