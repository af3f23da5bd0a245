"""What may be wrong with Redis itself. Each check is a function of the facts alone."""

from __future__ import annotations

from cluster.link import is_too_old
from cluster.operator.doctor.facts import Facts
from cluster.operator.doctor.finding import Finding, bad, fine, some, warn
from cluster.operator.read import number
from cluster.operator.times import counted

SET = "`hydrachat redis-cli CONFIG SET {}`, and the same in redis.conf"
FULL, NEARLY = 1.0, 0.9
BUFFER_PUBSUB = 8 * 1024 * 1024
MEGA = 1024 * 1024


def version(facts: Facts) -> Finding:
    info = facts.server.info
    product = "Valkey" if "valkey_version" in info else "Redis"
    shown = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if is_too_old(str(info.get("redis_version", "0"))):
        why = "6.2 or later is needed; nodes take nothing there"
        return bad("version", f"{product} {shown}", why, "upgrade the server")
    return fine("version", f"{product} {shown}")


def config(facts: Facts) -> Finding:
    if facts.server.config is None:
        return warn(
            "settings",
            "Redis does not let us read its settings",
            "what they are can't be judged here",
            "look as a user who may do CONFIG GET (it shows passwords, too), or compare with docs/operations.md",
        )
    return fine("settings", "can be read")


def eviction(facts: Facts) -> Finding:
    info = facts.server.info
    policy, evicted = str(info.get("maxmemory_policy", "")), number(info.get("evicted_keys"))
    mend = SET.format("maxmemory-policy noeviction")
    if policy not in ("", "noeviction"):
        why = "when memory is full Redis throws away nicknames, sessions and logs; full, it should refuse"
        return bad("eviction", f"maxmemory-policy is {policy}, {evicted} keys were evicted", why, mend)
    if evicted:
        mend_rest = "`hydrachat doctor --fix` clears up what is left of those whose other keys are gone"
        why = "what was thrown away is lost; the policy is right by now"
        return warn("eviction", f"noeviction, but {evicted} keys were evicted since Redis started", why, mend_rest)
    return fine("eviction", "noeviction")


def memory(facts: Facts) -> Finding:
    info = facts.server.info
    used, limit = number(info.get("used_memory")), number(info.get("maxmemory"))
    if not limit:
        return fine("memory", f"{used / MEGA:.0f} MB used, no limit")
    seen = f"{used / MEGA:.0f} MB of {limit / MEGA:.0f} MB used"
    mend = (
        SET.format(f"maxmemory {max(2 * limit, 3 * used // 2) // MEGA}mb")
        + ", if the machine has that; or a smaller --retain"
    )
    if used >= FULL * limit:
        return bad("memory", seen, "it is full: nodes are degraded, nothing that is said is taken", mend)
    if used >= NEARLY * limit:
        return warn("memory", seen, "when it is full, nothing that is said is taken any more", mend)
    return fine("memory", seen)


def persistence(facts: Facts) -> Finding:
    info, config = facts.server.info, facts.server.config or {}
    fields = ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status")
    failed = [field for field in fields if info.get(field, "ok") != "ok"]
    if failed:
        why = "Redis can't write to its disk; it may refuse every write, and a restart would lose data"
        return bad("persistence", f"{some(failed)}: err", why, "make room on Redis's disk; its log says what failed")
    if not number(info.get("aof_enabled")):
        why = "a crash of Redis loses all that was said since the last snapshot; users are told, not spared"
        return bad("persistence", "appendonly is no", why, SET.format("appendonly yes"))
    if config.get("appendfsync", "always") != "always":
        why = "a crash of its machine can lose a second or more of what was accepted; it is told as a gap"
        return warn("persistence", f"appendfsync is {config['appendfsync']}", why, SET.format("appendfsync always"))
    return fine("persistence", "append-only file, fsync " + config.get("appendfsync", "not known"))


def limits(config: dict[str, str]) -> dict[str, tuple[int, int]]:
    """`client-output-buffer-limit`: by class hard and soft limit, bytes; 0: none."""
    words = config.get("client-output-buffer-limit", "").split()
    return {words[i]: (number(words[i + 1]), number(words[i + 2])) for i in range(0, len(words) - 3, 4)}


def buffers(facts: Facts) -> Finding:
    classes = limits(dict(facts.server.config or {}))
    lowest = min((limit for limit in classes.get("pubsub", ()) if limit), default=0)
    normal = min((limit for limit in classes.get("normal", ()) if limit), default=0)
    mend = SET.format("client-output-buffer-limit 'pubsub 32mb 8mb 60'")
    if lowest and lowest < BUFFER_PUBSUB:
        why = "a node that is slow for a moment is cut off from its subscription, again and again"
        return warn("output buffers", f"pubsub is cut at {lowest / MEGA:.1f} MB", why, mend)
    if normal and normal < BUFFER_PUBSUB:
        why = "long answers, as after a loss of data, are cut off, and asked for again and again"
        none = SET.format("client-output-buffer-limit 'normal 0 0 0'")
        return warn("output buffers", f"normal is cut at {normal / MEGA:.1f} MB", why, none)
    heavy = [
        f"{each.name} {each.waiting / MEGA:.1f} MB"
        for each in facts.server.buffers or ()
        if _is_heavy(each.waiting, lowest)
    ]
    if heavy:
        why = "that node reads more slowly than is said; at the limit Redis cuts it, and it reads on from the logs"
        return warn(
            "output buffers", some(heavy), why, "look at its machine's load; spread its clients over more nodes"
        )
    return fine("output buffers", f"pubsub may hold {lowest / MEGA:.0f} MB" if lowest else "no limit for pubsub")


def _is_heavy(waiting: int, lowest: int) -> bool:
    return waiting > (lowest or BUFFER_PUBSUB) / 2


def connections(facts: Facts) -> Finding:
    info = facts.server.info
    open_, most = number(info.get("connected_clients")), number(info.get("maxclients"))
    if most and open_ > NEARLY * most:
        why = "at the limit nodes can't connect again"
        return warn("connections", f"{open_} of {most}", why, SET.format(f"maxclients {2 * most}"))
    return fine("connections", f"{open_} of {most}" if most else str(open_))


def idle(facts: Facts) -> Finding:
    seconds = number((facts.server.config or {}).get("timeout"))
    if 0 < seconds < 60:
        why = "Redis closes what is quiet for a moment, and nodes connect again each time"
        return warn("idle timeout", f"timeout is {seconds} s", why, SET.format("timeout 0"))
    return fine("idle timeout", f"{seconds} s" if seconds else "none")


def role(facts: Facts) -> Finding:
    info = facts.server.info
    if info.get("role") not in (None, "master"):
        where = f"{info.get('master_host')}:{info.get('master_port')}"
        why = "nothing can be written here, so nodes are degraded"
        return bad(
            "replication", f"this server is a replica of {where}", why, f"name the master: --redis redis://{where}/0"
        )
    replicas = number(info.get("connected_slaves"))
    if facts.server.is_group and not replicas:
        why = "`accepted` waits for a replica: nothing that is said is taken"
        return bad(
            "replication", "the master has no replica", why, "start a replica; its log says why it does not follow"
        )
    lowest = number((facts.server.config or {}).get("min-replicas-to-write"))
    if facts.server.is_group and facts.server.config is not None and not lowest:
        why = "a master that is cut off goes on alone, and what it takes is lost with the promotion"
        return warn("replication", "min-replicas-to-write is 0", why, SET.format("min-replicas-to-write 1"))
    return fine("replication", f"master, {replicas} replica{'' if replicas == 1 else 's'}")


def sentinels(facts: Facts) -> Finding:
    """Of a group: whether the death of the master would cost seconds."""
    asked = facts.server.sentinels
    there = [each for each in asked if each.answers]
    troubled = [f"{each.address}: {each.trouble}" for each in there if each.trouble]
    masters = sorted({each.master for each in there})
    if troubled:
        why = "if the master dies nobody can be promoted, and nothing is accepted until it is back"
        return bad("sentinels", some(troubled), why, "start the sentinels that are missing")
    if len(masters) > 1:
        why = "one of them was cut off; nodes follow the newest word, but a restart of it is due"
        return warn("sentinels", f"they name different masters: {some(masters)}", why, "look at the older one's log")
    silent = [each.address for each in asked if not each.answers]
    if silent:
        why = "the next one that fails may take the quorum away"
        return warn("sentinels", f"{some(silent)} did not answer", why, "start it again", silent)
    return fine("sentinels", f"{counted(len(asked), 'sentinel')} of one mind" if asked else "none: a single server")


def speed(facts: Facts) -> Finding:
    seen = f"{facts.server.round_trip * 1000:.1f} ms for a question"
    if facts.server.round_trip > 0.1:
        why = "each message waits for Redis; seen from here, the nodes may be nearer"
        mend = "`hydrachat redis-cli SLOWLOG GET`, `hydrachat redis-cli --latency`; look at the disk and the network"
        return warn("latency", seen, why, mend)
    return fine("latency", seen)


CHECKS = (version, config, role, sentinels, eviction, memory, persistence, buffers, connections, idle, speed)
