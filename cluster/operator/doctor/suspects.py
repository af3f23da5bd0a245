"""What looks wrong in a census. Pure. In a busy cluster much of it was only changing: the script `mend` looks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cluster.operator.doctor.census import Census

Suspects = Mapping[str, Sequence[str]]


def suspects(census: Census, epoch: str) -> Suspects:
    """By kind (`orphans.KINDS`), what the script is to look at."""
    found = {
        **_names(census),
        **_rooms(census),
        **_leftovers(census),
        **_nodes(census),
        **_sessions(census, epoch),
        "headless": _headless(census),
        "twin": _twins(census),
        "overdue": {session for session, row in census.sessions.items() if row.get("state") == "away"},
    }
    return {kind: sorted(items) for kind, items in found.items()}


def _names(census: Census) -> dict[str, set[str]]:
    shown = {row.get("nick", ""): session for session, row in census.sessions.items()}
    return {
        "nickname": {name for name, session in census.nicks.items() if session not in census.sessions},
        "nameless": {
            s for s, row in census.sessions.items() if row.get("mapped") and row["mapped"] not in census.nicks
        },
        "presence": {nick for nick in census.presence if nick not in shown},
        "unseen": {s for s, row in census.sessions.items() if not _is_shown(census, row)},
    }


def _is_shown(census: Census, row: Mapping[str, str]) -> bool:
    expected = f"{row.get('node', '').partition('/')[0]} {row.get('state', '')}"
    return census.presence.get(row.get("nick", ""), "").startswith(expected)


def rooms_of(row: Mapping[str, str]) -> set[str]:
    return {room for room in row.get("rooms", "").split(",") if room}


def _rooms(census: Census) -> dict[str, set[str]]:
    inside = {(room, session) for room, sessions in census.members.items() for session in sessions}
    told = {(room, session) for session, row in census.sessions.items() for room in rooms_of(row)}
    peopled = {room for room, sessions in census.members.items() if sessions}
    return {
        "member": {f"{room} {session}" for room, session in inside - told},
        "outsider": {f"{room} {session}" for room, session in told - inside},
        "unlisted": peopled - census.rooms,
        "deserted": census.rooms - peopled,
        "kept": census.names["room_log"] - peopled - {"#lobby"},
    }


def _leftovers(census: Census) -> dict[str, set[str]]:
    parts = ("inbox_log", "inbox_meta", "inbox_tail", "inbox_known")
    inboxes = set[str]().union(*(census.names[part] for part in parts))
    return {"inbox": inboxes - set(census.sessions), "said": census.names["said"] - set(census.sessions)}


def _nodes(census: Census) -> dict[str, set[str]]:
    def is_elsewhere(node: str, session: str) -> bool:
        return census.sessions.get(session, {}).get("node") != node

    return {
        "held": {f"{node} {s}" for node, sessions in census.held.items() for s in sessions if is_elsewhere(node, s)},
        "unjudged": {node for node, sessions in census.held.items() if sessions and node not in census.nodes},
        "lapsed": census.lapsed - census.nodes,
    }


def _sessions(census: Census, epoch: str) -> dict[str, set[str]]:
    away = {session for session, row in census.sessions.items() if row.get("state") == "away"}
    here = {session: row for session, row in census.sessions.items() if row.get("state") == "here"}
    judged = {s for s, row in here.items() if s in census.held.get(row.get("node", ""), set())}
    known = {s for s, row in here.items() if row.get("node") in census.nodes}
    return {
        "unheld": set(here) - (judged & known),
        "endless": away - census.absent,
        "absent": census.absent - away,
        "unclaimed": {session for session, row in here.items() if row.get("epoch") != epoch},
    }


def _headless(census: Census) -> set[str]:
    """Logs whose meta is gone."""
    inboxes = (census.names["inbox_log"] - census.names["inbox_meta"]) & set(census.sessions)
    return (census.names["room_log"] - census.names["room_meta"]) | {f"@{session}" for session in inboxes}


def _twins(census: Census) -> set[str]:
    """Sessions whose nickname belongs to another one that is there, too."""
    holders = {s: census.nicks.get(row.get("mapped", ""), s) for s, row in census.sessions.items()}
    return {session for session, holder in holders.items() if holder != session and holder in census.sessions}
