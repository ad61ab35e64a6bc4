"""The register of doors: every address of the project, how it is knocked at, and what each kind of caller is answered.

Columns: nobody signed in · Alma's owner · Alma's read-only member · Bruno's owner (her partner) · Cara's owner (a stranger) ·
staff who showed no second factor · staff who did. Objects in addresses are Alma's.
"""

from dataclasses import dataclass, field
from typing import Any

ROLES = ("nobody", "alma", "reader", "bruno", "cara", "staff_plain", "staff")
PROGRAMS = ("no_key", "alma_session", "alma_key", "bruno_key", "cara_key")


@dataclass(frozen=True)
class Door:
    """One address: ``path`` takes names of Alma's things in braces; ``codes`` follow the roles."""

    route: str
    codes: tuple[int, ...]
    method: str = "get"
    path: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ROLES

    @property
    def address(self) -> str:
        return f"/{self.path or self.route}"


def _door(route: str, codes: str, path: str = "", *, post: dict[str, Any] | None = None) -> Door:
    method = "get" if post is None else "post"
    return Door(route, tuple(map(int, codes.split())), method, path, post or {})


def _api(route: str, codes: str, path: str = "", *, method: str = "get", body: Any = None) -> Door:
    numbers = tuple(map(int, codes.split()))
    return Door(f"api/v1/{route}", numbers, method, f"api/v1/{path or route}", body or {}, PROGRAMS)


#        nobody alma reader bruno cara plain staff
PAGE = "302 200 200 200 200 403 403"
MINE = "302 200 200 404 404 403 403"
DONE = "302 302 403 404 404 403 403"
BOTH = "302 200 200 200 404 403 403"  # Bruno is the other party
OWNERS = "302 200 403 200 200 403 403"
STAFF = "302 302 302 302 302 302 200"
GONE = "302 302 302 302 302 302 404"  # for staff alone, and of a thing that is not there
SENT_ON = "302 302 302 302 302 302 302"
POSTED = "302 302 302 302 302 302 405"
SEEN = "302 200 200 200 200 200 200"  # any signed-in person, about themselves
SENT_ON = "302 302 302 302 302 302 302"  # to sign in, or to another step first
NONE_YET = "302 404 404 404 404 404 404"  # these people own no second factor to speak of
OPEN = "200 200 200 200 200 200 200"

PORTAL = [
    _door("", PAGE),
    _door("switch/", "302 302 302 404 404 403 403", post={"merchant": "{merchant}"}),
    _door("notices/", PAGE),
    _door("notices/<int:pk>/done/", DONE, "notices/{notice}/done/", post={}),
    _door("connect/", PAGE),
    _door("connect/<int:pk>/", MINE, "connect/{shop}/"),
    _door("connect/<int:pk>/progress/", MINE, "connect/{shop}/progress/"),
    _door("connect/<int:pk>/<slug:step>/", DONE, "connect/{shop}/pause/", post={"reason": "stocktaking"}),
    _door("connect/shopify/start/", "302 302 403 302 302 403 403", post={"shop": "no shop"}),
    _door("connect/shopify/callback/", "302 302 403 302 302 403 403"),
    _door("team/", PAGE),
    _door("team/<int:pk>/role/", DONE, "team/{membership}/role/", post={"role": "finance"}),
    _door("team/<int:pk>/remove/", DONE, "team/{membership}/remove/", post={}),
    _door("keys/", OWNERS),
    _door("keys/<int:pk>/revoke/", DONE, "keys/{key}/revoke/", post={}),
    _door("products/", PAGE),
    _door("products/<int:pk>/", MINE, "products/{product}/"),
    _door("products/vat/", PAGE),
    _door("products/vat/say/", "302 302 403 302 302 403 403", post={}),
    _door("products/vat/rules/", "302 302 403 302 302 403 403", post={}),
    _door("products/vat/rules/<int:pk>/end/", DONE, "products/vat/rules/{goods_rule}/end/", post={}),
    _door("products/unmatched/", PAGE),
    _door("products/unmatched/csv/", PAGE),
    _door("matches/<int:pk>/report/", DONE, "matches/{match}/report/", post={"reason": "other_colour"}),
    _door("matches/<int:pk>/report/withdraw/", DONE, "matches/{match}/report/withdraw/", post={}),
    _door("shelf/", PAGE),
    _door("shelf/why/", PAGE),
    _door("rules/", PAGE),
    _door("rules/fields/", PAGE),
    _door("insights/", PAGE),
    _door("partner-countries/", PAGE),
    _door("leave/<int:pk>/", MINE, "leave/{shop}/"),
    _door("leave/<int:pk>/<slug:step>/", DONE, "leave/{shop}/ask/", post={}),
    _door("rules/<int:pk>/", MINE, "rules/{rule}/"),
    _door("rules/<int:pk>/move/", DONE, "rules/{rule}/move/", post={"up": "1"}),
    _door("rules/versions/", PAGE),
    _door("rules/versions/<int:pk>/restore/", DONE, "rules/versions/{page}/restore/", post={}),
    _door("rules/<int:pk>/remove/", DONE, "rules/{rule}/remove/", post={}),
    _door("rules/policy/<int:pk>/", "302 422 403 404 404 403 403", "rules/policy/{shop}/", post={}),
    _door("to-ship/", PAGE),
    _door("to-ship/count/", PAGE),
    _door("to-ship/pick-list/", PAGE),
    _door(
        "to-ship/<slug:number>/parcels/<int:pk>/",
        DONE,
        "to-ship/{sent}/parcels/{parcel}/",
        post={"carrier": "PostNL", "number": "3SDOOR2"},
    ),
    _door("to-ship/<slug:number>/", MINE, "to-ship/{number}/"),
    _door("to-ship/<slug:number>/slip.pdf", MINE, "to-ship/{number}/slip.pdf"),
    _door("to-ship/<slug:number>/accept/", DONE, "to-ship/{number}/accept/", post={}),
    _door("to-ship/<slug:number>/decline/", DONE, "to-ship/{number}/decline/", post={"reason": "damaged"}),
    _door(
        "to-ship/<slug:number>/ship/", DONE, "to-ship/{number}/ship/", post={"carrier": "PostNL", "number": "3SDOOR"}
    ),
    _door("shipping/", PAGE),
    _door("shipping/<int:pk>/policy/", DONE, "shipping/{shop}/policy/", post={"policy": "nearest"}),
    _door("shipping/<int:pk>/terms/", "302 422 403 404 404 403 403", "shipping/{shop}/terms/", post={}),
    _door("my-orders/", PAGE),
    _door("my-orders/<int:pk>/", MINE, "my-orders/{order}/"),
    _door("my-orders/<int:pk>/data-file/", DONE, "my-orders/{order}/data-file/", post={}),
    _door("my-orders/<int:pk>/erase/", DONE, "my-orders/{order}/erase/", post={}),
    _door("my-orders/<int:pk>/call-off/", "302 404 403 404 404 403 403", "my-orders/{order}/call-off/", post={}),
    _door("my-orders/<int:pk>/return/", MINE, "my-orders/{order}/return/"),
    _door("my-orders/lost/<slug:number>/", DONE, "my-orders/lost/{sold}/", post={}),
    _door("privacy/", OWNERS),
    _door("privacy/<int:pk>/", "302 200 403 404 404 403 403", "privacy/{request}/"),
    _door("my-orders/<int:pk>/exchange/", MINE, "my-orders/{order}/exchange/"),
    _door("look/", PAGE),
    _door("look/<int:pk>/", "302 302 403 404 404 403 403", "look/{shop}/", post={"colour": "#112233"}),
    _door("look/<int:pk>/neutral/", DONE, "look/{shop}/neutral/", post={}),
    _door("look/<int:pk>/sample/<slug:kind>/", MINE, "look/{shop}/sample/png/"),
    _door("returns/", PAGE),
    _door("returns/rule/", PAGE),
    _door("returns/<slug:number>/object/", "302 404 404 404 404 403 403", "returns/{returned}/object/"),
    _door(
        "returns/<slug:number>/object/withdraw/",
        "302 404 403 404 404 403 403",
        "returns/{returned}/object/withdraw/",
        post={},
    ),
    _door("returns/<slug:number>/", MINE, "returns/{returned}/"),
    _door("returns/<slug:number>/slip.pdf", MINE, "returns/{returned}/slip.pdf"),
    _door(
        "returns/<slug:number>/decline/",
        "302 409 403 404 404 403 403",
        "returns/{returned}/decline/",
        post={"reason": "full"},
    ),
    _door(
        "returns/<slug:number>/arrived-here/",
        "302 404 403 404 404 403 403",
        "returns/{returned}/arrived-here/",
        post={},
    ),
    _door("returns/<slug:number>/receive/", DONE, "returns/{returned}/receive/", post={}),
    _door(
        "returns/<slug:number>/inspect/",
        DONE.replace(" 302", " 422", 1),
        "returns/{returned}/inspect/",
        post={"verdict": "nothing counted"},
    ),
    _door("returns/<slug:number>/cancel/", DONE, "returns/{returned}/cancel/", post={}),
    _door("statements/", PAGE),
    _door("statements/cycle/", "302 302 403 302 302 403 403", post={}),
    _door("statements/<slug:number>/", MINE, "statements/{statement}/"),
    _door("statements/<slug:number>/csv/", MINE, "statements/{statement}/csv/"),
    _door("statements/<slug:number>/<slug:kind>/", MINE, "statements/{statement}/xlsx/"),
    _door("money/", PAGE),
    _door("money/bank-statement/", "302 302 403 302 302 403 403", post={}),
    _door("money/bank/", OWNERS),
    _door("money/bank/mandate/", "302 302 403 302 302 403 403", post={}),
    _door("money/bank/mandate/<slug:number>/sign/", DONE, "money/bank/mandate/{mandate}/sign/", post={"name": "Alma"}),
    _door("money/bank/mandate/<slug:number>/revoke/", DONE, "money/bank/mandate/{mandate}/revoke/", post={}),
    _door(
        "money/payments/<slug:number>/received/",
        "302 403 403 302 404 403 403",
        "money/payments/{payment}/received/",
        post={},
    ),
    _door("money/payments/<slug:number>/file/", "302 200 403 404 404 403 403", "money/payments/{payment}/file/"),
    _door("money/sales/<slug:number>/", BOTH, "money/sales/{sold}/"),
    _door("money/sales/<slug:number>/dispute/", "302 200 403 200 404 403 403", "money/sales/{sold}/dispute/"),
    _door("money/sales/<slug:number>/papers/", "302 404 403 302 404 403 403", "money/sales/{sold}/papers/", post={}),
    _door("money/sales/<slug:number>/papers/<int:pk>/", "302 404 404 404 404 403 403", "money/sales/{sold}/papers/0/"),
    _door("money/evidence/", PAGE),
    _door("documents/", PAGE),
    _door("documents/self-billing/", PAGE),
    _door("documents/self-billing/agree/", "302 302 403 302 302 403 403", post={"name": "Alma", "digest": "x"}),
    _door("documents/self-billing/<int:pk>/text/", MINE, "documents/self-billing/{agreement}/text/"),
    _door("documents/self-billing/<int:pk>/revoke/", DONE, "documents/self-billing/{agreement}/revoke/", post={}),
    _door("documents/<int:pk>/object/", "302 200 403 404 404 403 403", "documents/{document}/object/"),
    _door("documents/<int:pk>/<slug:kind>/", BOTH, "documents/{document}/pdf/"),
    _door("disputes/", PAGE),
    _door("disputes/<slug:number>/", BOTH, "disputes/{dispute}/"),
    _door("disputes/<slug:number>/withdraw/", "302 302 403 403 404 403 403", "disputes/{dispute}/withdraw/", post={}),
    _door("disputes/<slug:number>/files/<int:pk>/", BOTH, "disputes/{dispute}/files/{evidence}/"),
]
BACK_OFFICE = [
    _door("admin/", STAFF),
    _door("admin/orders/objection/<int:pk>/decide/", GONE, "admin/orders/objection/0/decide/"),
    _door("admin/catalog/aliasproposal/add-alias/", STAFF),
    _door("admin/catalog/evidenceclass/<str:name>/reopen/", POSTED, "admin/catalog/evidenceclass/gtin/reopen/"),
    _door("admin/catalog/evidenceclass/<str:name>/withdraw/", POSTED, "admin/catalog/evidenceclass/gtin/withdraw/"),
    _door("admin/settlement/bankline/<int:pk>/name/", GONE, "admin/settlement/bankline/0/name/"),
    _door("admin/settlement/cycle/rate-cards/", STAFF),
    _door("admin/settlement/cycle/settle/", STAFF),
    _door("admin/settlement/cycle/three-ways/", STAFF),
    _door("admin/settlement/dispute/<int:pk>/decide/", STAFF, "admin/settlement/dispute/{dispute_id}/decide/"),
    _door("admin/settlement/dispute/files/<int:pk>/", STAFF, "admin/settlement/dispute/files/{evidence}/"),
    _door(
        "admin/settlement/document/<int:pk>/<slug:kind>.file", STAFF, "admin/settlement/document/{document}/pdf.file"
    ),
    _door("admin/settlement/document/issue/", SENT_ON),
    _door("admin/settlement/document/sellers/", STAFF),
    _door("admin/settlement/document/sellers/<int:pk>.xml", GONE, "admin/settlement/document/sellers/0.xml"),
    _door("admin/settlement/documentobjection/<int:pk>/answer/", GONE, "admin/settlement/documentobjection/0/answer/"),
    _door("admin/settlement/documentobjection/of/<int:document>/", GONE, "admin/settlement/documentobjection/of/0/"),
    _door("admin/settlement/selfbilling/<int:pk>/revoke/", GONE, "admin/settlement/selfbilling/0/revoke/"),
    _door("admin/settlement/selfbilling/<int:pk>/text/", STAFF, "admin/settlement/selfbilling/{agreement}/text/"),
    _door("admin/settlement/selfbilling/missing/", STAFF),
    _door("admin/settlement/entry/<int:pk>/take-back/", GONE, "admin/settlement/entry/0/take-back/"),
    _door("admin/settlement/payment/<int:pk>/by-hand/", GONE, "admin/settlement/payment/0/by-hand/"),
    _door("admin/settlement/evidence/<int:pk>/paper/", GONE, "admin/settlement/evidence/0/paper/"),
    _door("admin/settlement/paymentfile/<int:pk>/take/", GONE, "admin/settlement/paymentfile/{payment_file}/take/"),
    _door("admin/settlement/proposal/<int:pk>/decide/", GONE, "admin/settlement/proposal/0/decide/"),
    _door("admin/operations/", STAFF),
    _door("admin/operations/replay/", "302 302 302 302 302 302 302", post={}),
    _door(
        "admin/operations/retry/<slug:kind>/",
        "302 302 302 302 302 302 302",
        "admin/operations/retry/internal-order/",
        post={},
    ),
    _door("admin/operations/halts/", STAFF),
    _door("admin/operations/halts/new/", "302 302 302 302 302 302 302", post={}),
    _door(
        "admin/operations/halts/<int:pk>/lift/",
        "302 302 302 302 302 302 404",
        "admin/operations/halts/0/lift/",
        post={},
    ),
    _door("admin/operations/drift/", STAFF),
    _door("admin/search/", STAFF),
    _door("admin/review/", STAFF),
    _door("admin/review/history/", STAFF),
    _door("admin/review/undo/", "302 302 302 302 302 302 405"),
    _door("admin/matching/", STAFF),
    _door("admin/review/bulk/", STAFF),
    _door("admin/review/bulk/preview/", "302 302 302 302 302 302 302", post={}),
    _door("admin/review/bulk/<int:pk>/", "302 302 302 302 302 302 404", "admin/review/bulk/999999/"),
    *(
        _door(
            f"admin/review/bulk/<int:pk>/{step}/",
            "302 302 302 302 302 302 404",
            f"admin/review/bulk/999999/{step}/",
            post={},
        )
        for step in ("confirm", "drop", "go", "undo")
    ),
    _door("admin/review/<int:pk>/", "302 302 302 302 302 302 404", "admin/review/999999/"),
    *(
        _door(f"admin/review/<int:pk>/{step}/", "302 302 302 302 302 302 404", f"admin/review/999999/{step}/", post={})
        for step in ("approve", "reject", "skip", "undo")
    ),
    _door("admin/r/<path:content_type_id>/<path:object_id>/", "302 302 302 302 302 302 404", "admin/r/999999/1/"),
    _door("admin/login/", "302 403 403 403 403 302 302"),
    _door("admin/logout/", "302 302 302 302 302 302 405"),
    _door("admin/password_change/", STAFF),
    _door("admin/password_change/done/", STAFF),
    _door("admin/autocomplete/", "302 302 302 302 302 302 403"),
    _door("admin/jsi18n/", STAFF),
    _door("admin/^(?P<app_label>auth|account|mfa|kit|network|catalog|orders|settlement)/$", STAFF, "admin/network/"),
    _door("admin/(?P<url>.*)$", "302 302 302 302 302 302 404", "admin/nothing/"),
]
ACCOUNTS = [
    _door("accounts/login/", "200 302 302 302 302 302 302"),
    _door("accounts/logout/", "302 200 200 200 200 200 200"),
    _door("accounts/inactive/", OPEN),
    _door("accounts/signup/", "200 302 302 302 302 302 302"),  # says that it is closed
    _door("accounts/reauthenticate/", SEEN),
    _door("accounts/email/", SEEN),
    _door("accounts/confirm-email/", OPEN),
    _door("accounts/password/change/", SEEN),
    _door("accounts/password/set/", SENT_ON),
    _door("accounts/password/reset/", OPEN),
    _door("accounts/login/code/confirm/", SENT_ON),
    _door("accounts/^confirm-email/(?P<key>[-:\\w]+)/$", OPEN, "accounts/confirm-email/nothing/"),
    _door("accounts/password/reset/key/done/", OPEN),
    _door(
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", OPEN, "accounts/password/reset/key/1-x/"
    ),
    _door("accounts/password/reset/done/", OPEN),
    _door("accounts/2fa/", SEEN),
    _door("accounts/2fa/authenticate/", SENT_ON),
    _door("accounts/2fa/reauthenticate/", SENT_ON),
    _door("accounts/2fa/totp/activate/", SENT_ON),
    _door("accounts/2fa/totp/deactivate/", NONE_YET),
    _door("accounts/2fa/recovery-codes/", NONE_YET),
    _door("accounts/2fa/recovery-codes/generate/", SENT_ON),
    _door("accounts/2fa/recovery-codes/download/", NONE_YET),
]
PUBLIC = [
    _door("webhooks/shopify/", "401 401 401 401 401 401 401", post={}),
    _door("api/schema/", OPEN),
    _door("api/docs/", OPEN),
    _door("^api/", "404 404 404 404 404 404 404", "api/nothing/"),
    _door("track/<str:token>/", OPEN, "track/{track}/"),
    _door("track/<str:token>/look.css", OPEN, "track/{track}/look.css"),
    _door(
        "track/<str:token>/<slug:number>.pdf", "404 404 404 404 404 404 404", "track/{track}/R-0.pdf"
    ),  # of her parcel nothing comes back
    _door("track/<str:token>/logo", "404 404 404 404 404 404 404", "track/{track}/logo"),  # she has none
    _door("livez", OPEN),
    _door("readyz", "503 503 503 503 503 503 503"),  # no worker lives in a test
    _door("metrics", "403 403 403 403 403 403 403"),
]

#       no key · Alma's browser session without key · Alma's key · Bruno's key · Cara's key
LIST = "401 401 200 200 200"
THING = "401 401 200 404 404"
PARCEL = {"carrier": "PostNL", "tracking_number": "3SDOOR"}
SWAP = {"internal_order": "N-0", "line": 1, "quantity": 1, "variant": "none", "reason": "too_small"}
OBJECTION = {"words": "Never worn.", "lines": [{"id": 1, "found": "worn", "should_be": "as_new", "quantity": 1}]}
API = [
    _api("shop/", LIST),
    _api("notices/", LIST),
    _api("notices/<int:pk>/done/", THING, "notices/{notice}/done/", method="post"),
    _api("products/", LIST),
    _api("products/<path:product_id>/", THING, "products/{product_id}/"),
    _api("goods-classes/", LIST),
    _api("goods-classes/", "401 401 400 400 400", method="put", body={"goods_class": "toys"}),
    _api("goods-rules/", LIST),
    _api("goods-rules/", "401 401 400 400 400", method="post", body={"tag": "doors"}),
    _api("goods-rules/<int:pk>/", "401 401 204 404 404", "goods-rules/{goods_rule}/", method="delete"),
    _api("stock/", LIST),
    _api("shelf/", LIST),
    _api("rules/", LIST),
    _api("rules/", "401 401 422 422 422", method="post", body={"note": "a rule of nothing"}),
    _api("rules/preview/", "401 401 200 200 200", method="post", body={"tag": "doors"}),
    _api("rules/versions/", LIST),
    _api("rules/versions/<int:number>/restore/", THING, "rules/versions/1/restore/", method="post"),
    _api("rules/<int:pk>/", THING, "rules/{rule}/"),
    _api("rules/<int:pk>/", THING, "rules/{rule}/", method="put", body={"tag": "doors"}),
    _api("rules/<int:pk>/", "401 401 204 404 404", "rules/{rule}/", method="delete"),
    _api("policy/", LIST),
    _api("policy/", "401 401 200 200 200", method="patch", body={}),
    _api("insights/", LIST),
    _api("partner-countries/", LIST),
    _api("trust/", LIST),
    _api("sending/", LIST),
    _api("sending/", "401 401 400 400 400", method="put", body={}),
    _api("matches/", LIST),
    _api("matches/<int:pk>/", THING, "matches/{match}/"),
    _api("matches/<int:pk>/report/", THING, "matches/{match}/report/", method="post", body={"reason": "other_colour"}),
    _api("matches/<int:pk>/report/", "401 401 422 404 404", "matches/{match}/report/", method="delete"),
    _api("orders/", LIST),
    _api("orders/<path:order_id>/", THING, "orders/{order_id}/"),
    _api("orders/<path:order_id>/data-file/", THING, "orders/{order_id}/data-file/", method="post"),
    _api("orders/<path:order_id>/erase/", THING, "orders/{order_id}/erase/", method="post"),
    _api("orders/<path:order_id>/cancel/", "401 401 409 404 404", "orders/{order_id}/cancel/", method="post"),
    _api(
        "quotes/",
        "401 401 422 422 422",
        method="post",
        body={"ship_to": {"country": "NL"}, "lines": [{"variant": "none", "quantity": 1}]},
    ),
    _api("internal-orders/", LIST),
    _api("internal-orders/<str:number>/", THING, "internal-orders/{number}/"),
    _api("internal-orders/<str:number>/accept/", THING, "internal-orders/{number}/accept/", method="post"),
    _api(
        "internal-orders/<str:number>/decline/",
        THING,
        "internal-orders/{number}/decline/",
        method="post",
        body={"reason": "damaged"},
    ),
    _api("internal-orders/<str:number>/ship/", THING, "internal-orders/{number}/ship/", method="post", body=PARCEL),
    _api("internal-orders/<str:number>/alias/", THING, "internal-orders/{number}/alias/"),
    _api(
        "internal-orders/<str:number>/parcels/<int:parcel>/",
        "401 401 404 404 404",
        "internal-orders/{number}/parcels/0/",
        method="post",
        body=PARCEL,
    ),
    _api("return-rule/", LIST),
    _api("return-rule/", "401 401 400 400 400", method="put", body={}),
    _api("exchanges/", "401 401 404 404 404", method="post", body=SWAP),
    _api("shop/exit-plan/", LIST),
    _api("returns/<str:number>/objections/", THING, "returns/{returned}/objections/"),
    _api(
        "returns/<str:number>/objections/",
        "401 401 409 404 404",
        "returns/{returned}/objections/",
        method="post",
        body=OBJECTION,
    ),
    _api(
        "returns/<str:number>/objections/withdraw/",
        "401 401 404 404 404",
        "returns/{returned}/objections/withdraw/",
        method="post",
    ),
    _api("returns/", LIST),
    _api("returns/", "401 401 404 404 404", method="post", body={"internal_order": "N-0", "reason": "other"}),
    _api("returns/<str:number>/", THING, "returns/{returned}/"),
    _api("returns/<str:number>/cancel/", THING, "returns/{returned}/cancel/", method="post"),
    _api("returns/<str:number>/slip.pdf", THING, "returns/{returned}/slip.pdf"),
    _api(
        "returns/<str:number>/decline/",
        "401 401 403 404 404",
        "returns/{returned}/decline/",
        method="post",
        body={"reason": "full"},
    ),
    _api("returns/<str:number>/arrived-here/", "401 401 404 404 404", "returns/{returned}/arrived-here/"),
    _api(
        "returns/<str:number>/arrived-here/", "401 401 404 404 404", "returns/{returned}/arrived-here/", method="post"
    ),
    _api("returns/<str:number>/receive/", THING, "returns/{returned}/receive/", method="post"),
    _api(
        "returns/<str:number>/inspect/",
        "401 401 422 404 404",
        "returns/{returned}/inspect/",
        method="post",
        body={"lines": [{"id": 999_999_999, "as_new": 1}]},
    ),
    _api("statements/", LIST),
    _api("statements/<int:pk>/", THING, "statements/{statement_id}/"),
    _api("statements/<int:pk>/lines/", THING, "statements/{statement_id}/lines/"),
    _api("statements/<int:pk>/<slug:kind>/", THING, "statements/{statement_id}/csv/"),
    _api("balance/", LIST),
    _api("documents/", LIST),
    _api("documents/<int:pk>/", "401 401 200 200 404", "documents/{document}/"),
    _api("documents/<int:pk>/objection/", THING, "documents/{document}/objection/"),
    _api(
        "documents/<int:pk>/objection/",
        "401 401 409 404 404",
        "documents/{document}/objection/",
        method="post",
        body={"reason": "The price is wrong."},
    ),
    _api("self-billing/", LIST),
    _api("documents/<int:pk>/<slug:kind>/", "401 401 200 200 404", "documents/{document}/ubl/"),
    _api("payments/", LIST),
    _api("disputes/", LIST),
    _api(
        "disputes/",
        "401 401 404 404 404",
        method="post",
        body={"internal_order": "N-0", "reason": "other", "text": "x"},
    ),
    _api("disputes/<str:number>/", "401 401 200 200 404", "disputes/{dispute}/"),
    _api(
        "disputes/<str:number>/messages/",
        "401 401 422 422 404",
        "disputes/{dispute}/messages/",
        method="post",
        body={"text": " "},
    ),
    _api("disputes/<str:number>/files/<int:pk>/", "401 401 200 200 404", "disputes/{dispute}/files/{evidence}/"),
    _api("disputes/<str:number>/withdraw/", "401 401 200 403 404", "disputes/{dispute}/withdraw/", method="post"),
    _api("^", "404 404 404 404 404", "nothing/"),
    _api("orders/", "401 401 409 409 409", method="post"),
    _api("products/", "401 401 409 409 409", method="put", body=[]),
    _api("stock/", "401 401 409 409 409", method="put", body=[]),
    _api("products/<path:product_id>/", "401 401 409 404 404", "products/{product_id}/", method="delete"),
]
DOORS = [*PORTAL, *BACK_OFFICE, *ACCOUNTS, *PUBLIC]
