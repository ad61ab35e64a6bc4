"""Addresses of the merchant's pages about money."""

from django.urls import path

from settlement import portal, portal_evidence, portal_mandates, portal_money, portal_self_billing

urlpatterns = [
    path("statements/", portal.statements, name="statements"),
    path("statements/cycle/", portal.agree, name="agree_cycle"),
    path("statements/<slug:number>/", portal.statement, name="statement"),
    path("statements/<slug:number>/csv/", portal.statement_file, name="statement_csv"),
    path("statements/<slug:number>/<slug:kind>/", portal.statement_stored, name="statement_file"),
    path("money/", portal_money.money, name="money"),
    path("money/bank-statement/", portal_money.bank_file, name="bank_file"),
    path("money/bank/", portal_money.bank, name="bank"),
    path("money/bank/mandate/", portal_mandates.enter, name="mandate_enter"),
    path("money/bank/mandate/<slug:number>/sign/", portal_mandates.sign, name="mandate_sign"),
    path("money/bank/mandate/<slug:number>/revoke/", portal_mandates.revoke, name="mandate_revoke"),
    path("money/payments/<slug:number>/received/", portal_money.payment_received, name="payment_received"),
    path("money/payments/<slug:number>/file/", portal_money.payment_file, name="payment_file"),
    path("money/sales/<slug:number>/", portal_money.explain, name="explain_sale"),
    path("money/sales/<slug:number>/dispute/", portal_money.new_dispute, name="new_dispute"),
    path("money/sales/<slug:number>/papers/", portal_evidence.hand_in_paper, name="hand_in_paper"),
    path("money/sales/<slug:number>/papers/<int:pk>/", portal_evidence.paper, name="paper"),
    path("money/evidence/", portal_evidence.evidence_list, name="evidence_list"),
    path("documents/", portal_money.documents, name="documents"),
    path("documents/self-billing/", portal_self_billing.self_billing, name="self_billing"),
    path("documents/self-billing/agree/", portal_self_billing.agree, name="self_billing_agree"),
    path("documents/self-billing/<int:pk>/text/", portal_self_billing.text, name="self_billing_text"),
    path("documents/self-billing/<int:pk>/revoke/", portal_self_billing.revoke, name="self_billing_revoke"),
    path("documents/<int:pk>/object/", portal_self_billing.object_to, name="document_object"),
    path("documents/<int:pk>/<slug:kind>/", portal_money.document_file, name="document_file"),
    path("disputes/", portal_money.disputes, name="disputes"),
    path("disputes/<slug:number>/", portal_money.dispute, name="dispute"),
    path("disputes/<slug:number>/withdraw/", portal_money.withdraw_dispute, name="withdraw_dispute"),
    path("disputes/<slug:number>/files/<int:pk>/", portal_money.evidence, name="evidence"),
]
