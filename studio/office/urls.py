"""The office's addresses."""

from django.urls import path

from studio.office import (
    auditviews,
    entrances,
    memberviews,
    projectviews,
    requestviews,
    statementviews,
    views,
)

urlpatterns = [
    path("setup/<str:token>/", entrances.setup, name="setup"),
    path("welcome/<str:token>/", entrances.welcome, name="welcome"),
    path("team/", views.team_page, name="team"),
    path("team/invite/", views.invite, name="invite"),
    path("team/invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("team/usual/", views.usual, name="usual"),
    path("team/<int:user_id>/", memberviews.member, name="member"),
    path("team/<int:user_id>/allowance/", memberviews.allowance, name="allowance"),
    path("team/<int:user_id>/credits/", memberviews.give, name="give"),
    path("team/<int:user_id>/change/", memberviews.change_member, name="change_member"),
    path("team/<int:user_id>/password-link/", memberviews.password_link, name="password_link"),
    path("team/requests/", requestviews.requests_page, name="requests"),
    path("team/requests/<int:request_id>/yes/", requestviews.yes, name="answer_yes"),
    path("team/requests/<int:request_id>/no/", requestviews.no, name="answer_no"),
    path("credits/ask/", requestviews.ask, name="ask"),
    path("credits/ask/withdraw/", requestviews.withdraw, name="withdraw"),
    path("credits/answers/<int:request_id>/seen/", requestviews.seen, name="answer_seen"),
    path("new-password/<int:user_id>/<str:token>/", entrances.new_password, name="new_password"),
    path("projects/", projectviews.listed, name="projects"),
    path("projects/<int:project_id>/", projectviews.one, name="project"),
    path("projects/<int:project_id>/change/", projectviews.change, name="change_project"),
    path("projects/<int:project_id>/cap/", projectviews.cap, name="cap"),
    path("projects/<int:project_id>/archive/", projectviews.archive, name="archive"),
    path("projects/<int:project_id>/reopen/", projectviews.reopen, name="reopen"),
    path("settings/", views.settings, name="settings"),
    path("statements/", statementviews.statements, name="statements"),
    path("statements/<str:number>/", statementviews.statement, name="statement"),
    path("statements/<str:number>.csv", statementviews.statement_csv, name="statement_csv"),
    path("reports/audit/", auditviews.audit, name="audit"),
    path("reports/audit/now/", auditviews.audit_now, name="audit_now"),
    path("reports/budget/warnings/<int:warning_id>/put-away/", auditviews.put_away, name="put_away"),
    path("reports/price/", statementviews.price, name="price"),
]
