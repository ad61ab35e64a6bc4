"""Addresses of the merchant's pages about money."""

from django.urls import path

from settlement import portal

urlpatterns = [
    path("statements/", portal.statements, name="statements"),
    path("statements/<slug:number>/", portal.statement, name="statement"),
    path("statements/<slug:number>/csv/", portal.statement_file, name="statement_csv"),
]
