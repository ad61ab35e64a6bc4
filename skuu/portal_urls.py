"""Addresses of the merchant's pages that tell of all stages at once."""

from django.urls import path

from skuu import leaving_page

urlpatterns = [
    path("leave/<int:pk>/", leaving_page.leave, name="leave"),
    path("leave/<int:pk>/<slug:step>/", leaving_page.leave_step, name="leave_step"),
]
