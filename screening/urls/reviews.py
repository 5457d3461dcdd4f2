from django.urls import path

from screening.views import reviews, team

urlpatterns = [
    path("reviews/new/", reviews.new, name="new_review"),
    path("invitations/<str:token>/", team.invitation, name="invitation"),
    path("invitations/<str:token>/account/", team.open_account, name="invitation_account"),
]
