from django.urls import path

from screening.views import team

urlpatterns = [
    path("team/", team.members, name="team"),
    path("team/<int:number>/", team.roles, name="member_roles"),
    path("team/<int:number>/remove/", team.remove, name="member_remove"),
    path(
        "team/invitations/<int:invitation_pk>/withdraw/",
        team.withdraw,
        name="invitation_withdraw",
    ),
]
