"""Sales in the selling shops, the orders the network places for them, and the parcels that answer."""

from orders.models.internal_order import InternalOrder, InternalOrderChange, InternalOrderLine
from orders.models.look import ShopLook
from orders.models.objection import Objection, ObjectionChange
from orders.models.order import Order, OrderLine, OrderLineChange, OrderToRead, RoutingTrace
from orders.models.parcel import Parcel, ParcelLine, TrackingEvent
from orders.models.policy import RoutingPolicy
from orders.models.privacy import AliasPeer, DataRequest, MailAlias
from orders.models.return_ import Return, ReturnChange, ReturnLine
from orders.models.return_rule import ReturnRule
from orders.models.shown import Exchange, Takeover
from orders.models.stray import StrayParcel
