from django.urls import path

from screening.views import protocol

urlpatterns = [
    path("protocol/", protocol.show, name="protocol"),
    path("protocol/edit/", protocol.edit, name="protocol_edit"),
    path("protocol/terms/", protocol.terms, name="protocol_terms"),
]
