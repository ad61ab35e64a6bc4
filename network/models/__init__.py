"""Who is in the network, what they agreed to, and what their shops told us."""

from network.models.audit import Notice
from network.models.budget import OperationCost, StoreBudget
from network.models.give_away import GiveAwayLimit
from network.models.inbound import InboundEvent, SyncRun
from network.models.leaving import Leaving
from network.models.location import Location
from network.models.merchant import ApiKey, Membership, Merchant, User
from network.models.rate import DailyRate
from network.models.sending import SendingTerms
from network.models.shop import Shop, ShopChange, ShopCredential
from network.models.stop import Stop
from network.models.tax import TaxRegistration, VatCheck
from network.models.terms import RateCard
