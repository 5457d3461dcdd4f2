from django.urls import path

from screening.views import rounds, screen

urlpatterns = [
    path("screen/<stage:stage>/", screen.queue, name="queue"),
    path("screen/<stage:stage>/undo/", screen.undo, name="undo"),
    path("screen/<stage:stage>/claim/", screen.claim, name="claim"),
    path("screen/<stage:stage>/mine/", screen.mine, name="mine"),
    path("screen/<stage:stage>/<int:record_pk>/", screen.record, name="record"),
    path("screen/<stage:stage>/<int:record_pk>/later/", screen.later, name="later"),
    path("screen/<stage:stage>/<int:record_pk>/reopen/", rounds.reopening, name="reopen"),
]
