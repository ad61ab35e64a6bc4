"""Addresses of the merchant's pages about itself."""

from django.urls import path

from network import notices_portal, portal

urlpatterns = [
    path("switch/", portal.switch, name="switch"),
    path("notices/", notices_portal.notices, name="notices"),
    path("notices/<int:pk>/done/", notices_portal.notice_done, name="notice_done"),
    path("connect/", portal.shops, name="shops"),
    path("connect/<int:pk>/", portal.shop, name="shop"),
    path("connect/<int:pk>/progress/", portal.shop_progress, name="shop_progress"),
    path("connect/<int:pk>/<slug:step>/", portal.shop_step, name="shop_step"),
    path("team/", portal.team_page, name="team"),
    path("team/<int:pk>/role/", portal.member_role, name="member_role"),
    path("team/<int:pk>/remove/", portal.member_remove, name="member_remove"),
    path("keys/", portal.keys_page, name="keys"),
    path("keys/<int:pk>/revoke/", portal.key_revoke, name="key_revoke"),
]
