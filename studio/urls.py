"""Every address of the studio."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from studio import health, live
from studio.accounts import views as accounts
from studio.credits import views as credits
from studio.jobs import ordered

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("live/", live.live, name="live"),
    path("theme/", accounts.theme, name="theme"),
    path("keys/", accounts.keys, name="keys"),
    path("keys/single/", accounts.single_keys, name="single_keys"),
    # The books know only the numbers of jobs; what was ordered, those know who are above them.
    path("credits/", credits.credits, {"ordered": ordered.by, "projects": ordered.projects}, name="credits"),
    path(
        "credits/entries.csv",
        credits.sheet,
        {"ordered": ordered.titles, "projects": ordered.projects},
        name="credits_csv",
    ),
    # The admin's own login knows no throttle: everyone signs in at one door.
    path("admin/login/", secure_admin_login(admin.site.login), name="admin_login"),
    path("admin/", admin.site.urls),
    path("accounts/", include("studio.accounts.urls")),
    path("", include("studio.office.urls")),
    path("", include("studio.jobs.urls")),
    path("", include("gallery.urls")),
]
