from django.urls import path

from screening.views import retrieval

urlpatterns = [
    path("full-texts/", retrieval.full_texts, name="full_texts"),
    path("full-texts/<int:record_pk>/", retrieval.full_text, name="full_text"),
]
