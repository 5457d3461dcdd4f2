from django.urls import path

from screening.views import adjustments

urlpatterns = [
    path("adjustments/", adjustments.listing, name="adjustments"),
    path("adjustments/<int:adjustment_pk>/end/", adjustments.end, name="adjustment_end"),
]
