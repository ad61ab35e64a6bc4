"""Mirrors of the shops' catalogues and stock, the network's own styles and items, and the shelves."""

from catalog.models.alias import AliasProposal, AliasProposalChange, ColourAlias
from catalog.models.audit import Audit, MatchReport, MatchReportChange
from catalog.models.claim import Claim, ClaimChange
from catalog.models.demand import Demand
from catalog.models.goods import GoodsRule, GoodsWord
from catalog.models.item import BrandAlias, Item, ItemMark, MatchKey, Style
from catalog.models.knowledge import CodeLevel, LearntName, LearntSize, NormRun, WordCount
from catalog.models.match import EvidenceClass, EvidenceClassChange, Match, MatchChange, Verdict
from catalog.models.merge import HeldChange, MatchingDrift, MergeEvent
from catalog.models.pace import FigureDelay, StockPace
from catalog.models.product import Product, Variant
from catalog.models.review import (
    BulkCard,
    BulkDecision,
    BulkDecisionChange,
    CardSight,
    ReviewCard,
    ReviewCardChange,
)
from catalog.models.rule import Rule, RuleBook
from catalog.models.shelf import Placement, Reach, ShelfBasis, ShelfNote
from catalog.models.stock import InventoryItem, StockLevel
from catalog.models.trust import TrustCount
