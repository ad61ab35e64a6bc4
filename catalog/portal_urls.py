"""Addresses of the merchant's pages about its catalogue."""

from django.urls import path

from catalog import feedback_page, goods_page, matches_page, portal, portal_insights, portal_rules

urlpatterns = [
    path("products/", portal.products, name="products"),
    path("products/unmatched/", feedback_page.unmatched, name="unmatched"),
    path("products/unmatched/csv/", feedback_page.unmatched_csv, name="unmatched_csv"),
    path("products/vat/", goods_page.goods, name="goods"),
    path("products/vat/say/", goods_page.goods_say, name="goods_say"),
    path("products/vat/rules/", goods_page.goods_rule, name="goods_rule"),
    path("products/vat/rules/<int:pk>/end/", goods_page.goods_rule_end, name="goods_rule_end"),
    path("products/<int:pk>/", portal.product, name="product"),
    path("matches/<int:pk>/report/", matches_page.report, name="match_report"),
    path("matches/<int:pk>/report/withdraw/", matches_page.withdraw, name="match_report_withdraw"),
    path("shelf/", portal.shelf, name="shelf"),
    path("shelf/why/", portal.why, name="why"),
    path("insights/", portal_insights.insights, name="insights"),
    path("partner-countries/", portal_insights.partner_countries, name="partner_countries"),
    path("rules/", portal_rules.rules, name="rules"),
    path("rules/fields/", portal_rules.rule_fields, name="rule_fields"),
    path("rules/versions/", portal_rules.rule_book, name="rule_book"),
    path("rules/versions/<int:pk>/restore/", portal_rules.rule_book_restore, name="rule_book_restore"),
    path("rules/<int:pk>/", portal_rules.rule, name="rule"),
    path("rules/<int:pk>/move/", portal_rules.rule_move, name="rule_move"),
    path("rules/<int:pk>/remove/", portal_rules.rule_remove, name="rule_remove"),
    path("rules/policy/<int:pk>/", portal_rules.policy, name="policy"),
]
