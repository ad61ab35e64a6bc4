"""Addresses of the merchant's pages about trade."""

from django.urls import path

from orders import (
    exchange_portal,
    look_portal,
    parcels_portal,
    portal,
    privacy_portal,
    return_rule_portal,
    returns_portal,
    shipping_portal,
)

urlpatterns = [
    path("", portal.dashboard, name="dashboard"),
    path("to-ship/", portal.to_ship, name="to_ship"),
    path("to-ship/count/", portal.to_ship_count, name="to_ship_count"),
    path("to-ship/pick-list/", parcels_portal.pick_list, name="pick_list"),
    path("to-ship/<slug:number>/parcels/<int:pk>/", parcels_portal.correct, name="correct_tracking"),
    path("to-ship/<slug:number>/", portal.internal_order, name="internal_order"),
    path("to-ship/<slug:number>/slip.pdf", portal.slip, name="slip"),
    path("to-ship/<slug:number>/accept/", portal.accept, name="accept"),
    path("to-ship/<slug:number>/decline/", portal.decline, name="decline"),
    path("to-ship/<slug:number>/ship/", portal.ship, name="ship"),
    path("shipping/", shipping_portal.shipping, name="shipping"),
    path("shipping/<int:pk>/policy/", shipping_portal.shipping_policy, name="shipping_policy"),
    path("shipping/<int:pk>/terms/", shipping_portal.shipping_terms, name="shipping_terms"),
    path("look/", look_portal.look, name="look"),
    path("look/<int:pk>/", look_portal.save_look, name="save_look"),
    path("look/<int:pk>/neutral/", look_portal.reset_look, name="reset_look"),
    path("look/<int:pk>/sample/<slug:kind>/", look_portal.look_sample, name="look_sample"),
    path("my-orders/", portal.orders, name="orders"),
    path("my-orders/<int:pk>/", portal.order, name="order"),
    path("my-orders/<int:pk>/return/", returns_portal.announce, name="announce_return"),
    path("my-orders/<int:pk>/exchange/", exchange_portal.exchange, name="exchange"),
    path("my-orders/lost/<slug:number>/", returns_portal.lost, name="report_lost"),
    path("privacy/", privacy_portal.privacy, name="privacy"),
    path("privacy/<int:pk>/", privacy_portal.privacy_file, name="privacy_file"),
    path("returns/", returns_portal.returns, name="returns"),
    path("returns/rule/", return_rule_portal.return_rule, name="return_rule"),
    path("returns/<slug:number>/", returns_portal.one_return, name="return"),
    path("returns/<slug:number>/receive/", returns_portal.receive, name="receive_return"),
    path("returns/<slug:number>/inspect/", returns_portal.inspect, name="inspect_return"),
    path("returns/<slug:number>/object/", exchange_portal.objection, name="object_grade"),
    path("returns/<slug:number>/object/withdraw/", exchange_portal.withdraw, name="withdraw_objection"),
    path("returns/<slug:number>/cancel/", returns_portal.cancel, name="cancel_return"),
]
