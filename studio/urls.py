"""Every address of the studio."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from studio import health, live
from studio.accounts import views as accounts
from studio.credits import views as credits

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("live/", live.live, name="live"),
    path("theme/", accounts.theme, name="theme"),
    path("credits/", credits.credits, name="credits"),
    # The admin's own login knows no throttle: everyone signs in at one door.
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("studio.office.urls")),
    path("", include("studio.jobs.urls")),
    path("", include("gallery.urls")),
]
