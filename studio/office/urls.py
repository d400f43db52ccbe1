"""The office's addresses."""

from django.urls import path

from studio.office import views

urlpatterns = [
    path("setup/<str:token>/", views.setup, name="setup"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("team/", views.team_page, name="team"),
    path("team/invite/", views.invite, name="invite"),
    path("team/invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("team/<int:user_id>/", views.member, name="member"),
    path("team/<int:user_id>/change/", views.change_member, name="change_member"),
    path("projects/", views.projects, name="projects"),
    path("projects/<int:project_id>/archive/", views.archive, name="archive"),
    path("settings/", views.settings, name="settings"),
]
