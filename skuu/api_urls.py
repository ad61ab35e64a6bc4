"""The map of the REST API, version 1."""

from django.urls import path, re_path

from catalog import api as catalog
from catalog import goods_api as goods
from catalog import insights_api as insights
from catalog import matches_api as matches
from catalog import rules_api as rules
from catalog import stock_api as stock
from network import api as network
from network import notices_api as notices
from network import sending_api as sending
from orders import api as orders
from orders import exchange_api as exchanges
from orders import parcels_api as parcels
from orders import privacy_api as privacy
from orders import quotes_api as quotes
from orders import returns_api as returns
from orders import selling_api as selling
from orders import shipping_api as shipping
from settlement import api as settlement
from settlement import disputes_api as disputes
from settlement import payments_api as payments
from settlement import self_billing_api as self_billing
from skuu import leaving_api as leaving

app_name = "api"
urlpatterns = [
    path("shop/", network.ShopDoor.as_view(), name="shop"),
    path("shop/exit-plan/", leaving.ExitPlanDoor.as_view(), name="exit_plan"),
    path("notices/", notices.Notices.as_view(), name="notices"),
    path("notices/<int:pk>/done/", notices.NoticeDone.as_view(), name="notice_done"),
    path("products/", catalog.Products.as_view(), name="products"),
    path("products/<path:product_id>/", catalog.OneProduct.as_view(), name="product"),
    path("goods-classes/", goods.GoodsClasses.as_view(), name="goods_classes"),
    path("goods-rules/", goods.GoodsRules.as_view(), name="goods_rules"),
    path("goods-rules/<int:pk>/", goods.OneGoodsRule.as_view(), name="goods_rule"),
    path("stock/", stock.Stock.as_view(), name="stock"),
    path("shelf/", stock.Shelf.as_view(), name="shelf"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/preview/", rules.RulePreview.as_view(), name="rule_preview"),
    path("rules/versions/", rules.RuleVersions.as_view(), name="rule_versions"),
    path("rules/versions/<int:number>/restore/", rules.RestoreVersion.as_view(), name="rule_version_restore"),
    path("rules/<int:pk>/", rules.OneRule.as_view(), name="rule"),
    path("policy/", rules.Policy.as_view(), name="policy"),
    path("insights/", insights.Insights.as_view(), name="insights"),
    path("partner-countries/", insights.PartnerCountries.as_view(), name="partner_countries"),
    path("trust/", insights.OwnTrust.as_view(), name="trust"),
    path("sending/", sending.SendingTermsDoor.as_view(), name="sending"),
    path("matches/", matches.Matches.as_view(), name="matches"),
    path("matches/<int:pk>/", matches.OneMatch.as_view(), name="match"),
    path("matches/<int:pk>/report/", matches.Report.as_view(), name="match_report"),
    path("orders/", selling.Sales.as_view(), name="orders"),
    path("orders/<path:order_id>/data-file/", privacy.DataFile.as_view(), name="order_data_file"),
    path("orders/<path:order_id>/erase/", privacy.Erase.as_view(), name="order_erase"),
    path("orders/<path:order_id>/cancel/", selling.CancelSale.as_view(), name="order_cancel"),
    path("orders/<path:order_id>/", orders.OneOrder.as_view(), name="order"),
    path("quotes/", quotes.Quotes.as_view(), name="quotes"),
    path("internal-orders/", shipping.InternalOrders.as_view(), name="internal_orders"),
    path("internal-orders/<str:number>/", shipping.OneInternalOrder.as_view(), name="internal_order"),
    path("internal-orders/<str:number>/accept/", shipping.Accept.as_view(), name="accept"),
    path("internal-orders/<str:number>/decline/", shipping.Decline.as_view(), name="decline"),
    path("internal-orders/<str:number>/ship/", shipping.Ship.as_view(), name="ship"),
    path("internal-orders/<str:number>/alias/", parcels.Alias.as_view(), name="mail_alias"),
    path(
        "internal-orders/<str:number>/parcels/<int:parcel>/", parcels.CorrectTracking.as_view(), name="correct_tracking"
    ),
    path("return-rule/", exchanges.ReturnRuleDoor.as_view(), name="return_rule"),
    path("exchanges/", exchanges.Exchanges.as_view(), name="exchanges"),
    path("returns/", returns.Returns.as_view(), name="returns"),
    path("returns/<str:number>/", returns.OneReturn.as_view(), name="return"),
    path("returns/<str:number>/cancel/", returns.CancelReturn.as_view(), name="return_cancel"),
    path("returns/<str:number>/slip.pdf", returns.ReturnSlip.as_view(), name="return_slip"),
    path("returns/<str:number>/arrived-here/", returns.ArrivedHere.as_view(), name="return_arrived_here"),
    path("returns/<str:number>/decline/", returns.DeclineTakeover.as_view(), name="return_decline"),
    path("returns/<str:number>/receive/", returns.ReceiveReturn.as_view(), name="return_receive"),
    path("returns/<str:number>/objections/", exchanges.Objections.as_view(), name="objections"),
    path("returns/<str:number>/objections/withdraw/", exchanges.WithdrawObjection.as_view(), name="objection_withdraw"),
    path("returns/<str:number>/inspect/", returns.InspectReturn.as_view(), name="return_inspect"),
    path("statements/", settlement.Statements.as_view(), name="statements"),
    path("statements/<int:pk>/", settlement.OneStatement.as_view(), name="statement"),
    path("statements/<int:pk>/lines/", settlement.StatementLines.as_view(), name="statement_lines"),
    path("statements/<int:pk>/<slug:kind>/", settlement.StatementFile.as_view(), name="statement_file"),
    path("balance/", settlement.Balance.as_view(), name="balance"),
    path("documents/", settlement.Documents.as_view(), name="documents"),
    path("documents/<int:pk>/", settlement.OneDocument.as_view(), name="document"),
    path("documents/<int:pk>/objection/", self_billing.DocumentObjectionDoor.as_view(), name="document_objection"),
    path("self-billing/", self_billing.SelfBillingDoor.as_view(), name="self_billing"),
    path("documents/<int:pk>/<slug:kind>/", settlement.DocumentFile.as_view(), name="document_file"),
    path("payments/", payments.Payments.as_view(), name="payments"),
    path("disputes/", disputes.Disputes.as_view(), name="disputes"),
    path("disputes/<str:number>/", disputes.OneDispute.as_view(), name="dispute"),
    path("disputes/<str:number>/messages/", disputes.Messages.as_view(), name="dispute_messages"),
    path("disputes/<str:number>/files/<int:pk>/", disputes.EvidenceFile.as_view(), name="dispute_file"),
    path("disputes/<str:number>/withdraw/", disputes.Withdraw.as_view(), name="dispute_withdraw"),
    re_path("^", network.NoSuchAddress.as_view(), name="absent"),
]
