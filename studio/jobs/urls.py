"""The making side's addresses."""

from django.urls import path

from studio.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.studio, name="studio"),
    path("jobs/", views.order, name="order"),
    path("jobs/estimate/", views.estimate, name="estimate"),
    path("jobs/dismiss-ready/", views.dismiss_ready, name="dismiss_ready"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/dismiss/", views.dismiss, name="dismiss"),
    path("jobs/<uuid:job_id>/reorder/", views.reorder, name="reorder"),
    path("jobs/<uuid:job_id>/first/", views.first, name="first"),
    path("jobs/<uuid:job_id>/back/", views.back, name="back"),
    path("queue/", views.queue, name="queue"),
]
