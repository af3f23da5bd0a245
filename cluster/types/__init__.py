"""The words that a node and the cluster package exchange, by subject. Pure data, no Redis."""

from cluster.types.logs import Entry, Kind, Page, Position, Publication, Published
from cluster.types.nodes import NodeInfo
from cluster.types.people import Ban, Member, Person, Presence
from cluster.types.reasons import Reason
from cluster.types.rooms import LOBBY, Company, Guard, Guarding, Membership, RightHint, Rights, Topic
from cluster.types.sessions import NOTHING_LOST, Account, Claimed, Lost, Name, Renamed, SessionRecord

__all__ = [
    "LOBBY",
    "NOTHING_LOST",
    "Account",
    "Ban",
    "Claimed",
    "Company",
    "Entry",
    "Guard",
    "Guarding",
    "Kind",
    "Lost",
    "Member",
    "Membership",
    "Name",
    "NodeInfo",
    "Page",
    "Person",
    "Position",
    "Presence",
    "Publication",
    "Published",
    "Reason",
    "Renamed",
    "RightHint",
    "Rights",
    "SessionRecord",
    "Topic",
]
