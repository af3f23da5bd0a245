"""Who talks in a drill, and what they saw: people of the library, raw sockets, visitors, racers for a nickname.

    Crowd -> Talker (library), NativeUser and PlainUser (raw sockets), Visitors (come and go), Racer

Each notes what happens to it in a history; nobody here judges.
"""

from drill.workload.crowd import Crowd

__all__ = ["Crowd"]
