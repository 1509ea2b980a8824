"""Addresses of the web door. The shell shows an entry (trace, lots, import, search, suggest) as soon as its name is here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from lotline.doors.web.sign_in import SignIn, SignOut
from lotline.doors.web.views import account, holds, imports, lots, people, plant, search, trace

app_name = "web"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", search.home, name="home"),
    path("trace", search.search_page, name="trace"),
    path("trace/<path:code>", trace.trace_page, name="trace-of"),
    path("trace-picture/<path:code>", trace.picture, name="trace-picture"),
    path("trace-file/<path:code>", trace.trace_rows, name="trace-rows"),
    path("card/<path:node>", trace.drawer, name="drawer"),
    path("open/<path:node>", lots.open_node, name="open"),
    path("search", search.search, name="search"),
    path("suggest", search.suggest, name="suggest"),
    path("lots", lots.lots, name="lots"),
    path("lots/<uuid:lot_id>", lots.lot, name="lot"),
    path("lots/<uuid:lot_id>/hold", holds.hold, name="hold"),
    path("lots/<uuid:lot_id>/release", holds.release, name="release"),
    path("facts/<uuid:fact_id>", lots.fact, name="fact"),
    path("import", imports.begin, name="import"),
    path("import/template/<slug:kind>", imports.template, name="import-template"),
    path("import/<slug:token>", imports.look, name="import-file"),
    path("import/<slug:token>/progress", imports.progress, name="import-progress"),
    path("import/<slug:token>/store", imports.store, name="import-store"),
    path("import/<slug:token>/bad-rows", imports.bad_rows, name="import-bad-rows"),
    path("people", people.people, name="people"),
    path("people/<uuid:user_id>", people.person, name="person"),
    path("people/<uuid:user_id>/<slug:what>", people.change, name="person-change"),
    path("tokens/<uuid:token_id>/revoke", people.revoke, name="token-revoke"),
    path("account", account.account, name="account"),
    path("account/password", account.password, name="password"),
    path("account/token", account.token, name="account-token"),
    path("chain", plant.chain, name="chain"),
    path("plant", plant.choose_plant, name="plant"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("language", plant.choose_language, name="language"),
]
