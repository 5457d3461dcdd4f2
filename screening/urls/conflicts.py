from django.urls import path

from screening.views import conflicts

urlpatterns = [
    path("conflicts/<stage:stage>/", conflicts.conflicts, name="conflicts"),
    path("conflicts/<stage:stage>/<int:record_pk>/", conflicts.conflict, name="conflict"),
]
