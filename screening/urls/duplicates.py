from django.urls import path

from screening.views import duplicates, looking, merged

urlpatterns = [
    path("duplicates/", duplicates.queue, name="duplicates"),
    path("duplicates/<int:question_pk>/", duplicates.question, name="duplicate_question"),
    path("duplicates/compare/", duplicates.compare, name="compare"),
    path("duplicates/look/", looking.look, name="look"),
    path("duplicates/merged/", merged.listing, name="merged"),
    path("duplicates/merged/<int:merge_pk>/", merged.end_merge, name="merge_end"),
    path("duplicates/apart/<int:distinction_pk>/", merged.end_distinction, name="apart_end"),
]
