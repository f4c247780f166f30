"""What accounts stores."""

from services.accounts.tables.allocations import Allocation, AllocationItem, AllocationTurn
from services.accounts.tables.assets import Asset, AssetOrder
from services.accounts.tables.attachments import InteractionFile
from services.accounts.tables.classes import (
    BoughtOrder,
    ClassPolicy,
    StageChange,
    SurveyAnswer,
)
from services.accounts.tables.consents import Consent, ConsentRequest
from services.accounts.tables.contact_points import ContactPoint
from services.accounts.tables.customers import (
    Contact,
    Customer,
    CustomerTag,
    ExternalId,
    Interaction,
    Ownership,
    Series,
)
from services.accounts.tables.directory import Absence, Staff, Team, Territory
from services.accounts.tables.drops import DropRule
from services.accounts.tables.entities import Entity, SharedCustomer
from services.accounts.tables.exports import Export
from services.accounts.tables.fields import CUSTOM_FIELDS, CUSTOM_INDEX
from services.accounts.tables.flags import Flag
from services.accounts.tables.imports import (
    Import,
    ImportKey,
    ImportRefusal,
    ImportRow,
)
from services.accounts.tables.matching import MatchPolicy
from services.accounts.tables.members import Member
from services.accounts.tables.merging import Acknowledgement, Merge, MergedCustomer, MergeMember
from services.accounts.tables.ndas import Nda
from services.accounts.tables.organisation import Department, MeetingSeries
from services.accounts.tables.policies import PolicyCell
from services.accounts.tables.pools import Claim, ClaimCount, Dealings, OwnershipCap, Pool
from services.accounts.tables.privacy import ErasedIdentity, PrivacyRequest
from services.accounts.tables.relationships import Relationship
from services.accounts.tables.reverts import ImportImage
from services.accounts.tables.search import SearchTerm
from services.accounts.tables.traits import BehaviourFact, SensitiveValue, Trait

__all__ = [
    "CUSTOM_FIELDS",
    "CUSTOM_INDEX",
    "Absence",
    "Acknowledgement",
    "Allocation",
    "AllocationItem",
    "AllocationTurn",
    "Asset",
    "AssetOrder",
    "BehaviourFact",
    "BoughtOrder",
    "Claim",
    "ClaimCount",
    "ClassPolicy",
    "Consent",
    "ConsentRequest",
    "Contact",
    "ContactPoint",
    "Customer",
    "CustomerTag",
    "Dealings",
    "Department",
    "DropRule",
    "Entity",
    "ErasedIdentity",
    "Export",
    "ExternalId",
    "Flag",
    "Import",
    "ImportImage",
    "ImportKey",
    "ImportRefusal",
    "ImportRow",
    "Interaction",
    "InteractionFile",
    "MatchPolicy",
    "MeetingSeries",
    "Member",
    "Merge",
    "MergeMember",
    "MergedCustomer",
    "Nda",
    "Ownership",
    "OwnershipCap",
    "PolicyCell",
    "Pool",
    "PrivacyRequest",
    "Relationship",
    "SearchTerm",
    "SensitiveValue",
    "Series",
    "SharedCustomer",
    "Staff",
    "StageChange",
    "SurveyAnswer",
    "Team",
    "Territory",
    "Trait",
]
