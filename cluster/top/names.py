"""What is looked for in a node's `/metrics`: our name of a figure -> the metric's (docs/operations.md has all)."""

from __future__ import annotations

DELAY = "hydrachat_delivery_delay_seconds"
ROUND_TRIP = "hydrachat_redis_round_trip_seconds"
RATES = {
    "said": "hydrachat_said_accepted_total",
    "out": "hydrachat_deliveries_total",
    "refused": "hydrachat_said_refused_total",
    "entries": "hydrachat_entries_total",
    "opened": "hydrachat_connections_opened_total",
    "overflows": "hydrachat_overflows_total",
    "cpu": "process_cpu_seconds_total",
}
VALUES = {
    "lag": "hydrachat_log_lag_entries",
    "behind": "hydrachat_catch_ups_waiting",
    "outbox": "hydrachat_outbox_bytes",
    "largest": "hydrachat_outbox_largest_bytes",
    "slow": "hydrachat_slow_clients",
    "connections": "hydrachat_connections",
    "native": "hydrachat_connections{native}",
    "plain": "hydrachat_connections{plain}",
    "away": "hydrachat_sessions{away}",
    "rooms": "hydrachat_rooms",
    "unanswered": "hydrachat_says_unanswered",
    "hellos": "hydrachat_hellos_waiting",
    "memory": "process_resident_memory_bytes",
}
STATE = "hydrachat_node_state"
_STARTS = tuple({name.partition("{")[0] for name in (*RATES.values(), *VALUES.values(), DELAY, ROUND_TRIP, STATE)})


def wanted(line: str) -> bool:
    """Whether that line of `/metrics` is about one of them."""
    return line.startswith(_STARTS)
