"""The office's addresses."""

from django.urls import path

from studio.office import views

urlpatterns = [path("setup/<str:token>/", views.setup, name="setup")]
