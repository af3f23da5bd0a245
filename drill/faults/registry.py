"""All classes of fault, by name."""

from __future__ import annotations

from collections.abc import Iterable

from drill.faults.balancer import BalancerRestart
from drill.faults.clients import CutClients, HalfOpen, Reset
from drill.faults.disk_full import DiskFull
from drill.faults.fault import Fault
from drill.faults.nodes import Drain, Kill, Pause, Rolling
from drill.faults.redis_deaths import Empty, Promotion, RedisFreeze, RedisKill, Rewind
from drill.faults.redis_orders import ClientPause, Flushall, OutOfMemory, PubsubKill, PubsubOverflow, ScriptFlush
from drill.faults.upgrade import Upgrade
from drill.faults.ways import CutBalancer, CutRedis, HalfReply, Slow

_NODES: tuple[Fault, ...] = (Kill(), Pause(), Drain(), Rolling())
_NETWORK: tuple[Fault, ...] = (
    Reset(),
    HalfOpen(),
    CutRedis(),
    CutBalancer(),
    CutClients(),
    Slow(),
    HalfReply(),
    BalancerRestart(),
)
_REDIS: tuple[Fault, ...] = (
    PubsubKill(),
    PubsubOverflow(),
    ClientPause(),
    RedisKill(),
    RedisFreeze(),
    Rewind(),
    Empty(),
    Flushall(),
    ScriptFlush(),
    DiskFull(),
    OutOfMemory(),
)
ONLY_SENTINEL: tuple[Fault, ...] = (Promotion(),)
ONLY_AFTER_A_RELEASE: tuple[Fault, ...] = (Upgrade(),)
FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*_NODES, *_NETWORK, *_REDIS, *ONLY_SENTINEL, *ONLY_AFTER_A_RELEASE)
}


def all_for(redis: str, has_former: bool = False) -> tuple[str, ...]:
    """What `--faults all` means with `--redis` `redis`: each class that there can be in such a cluster at all.
    `has_former`: there is an earlier version."""
    never = [*(() if redis == "sentinel" else ONLY_SENTINEL), *(() if has_former else ONLY_AFTER_A_RELEASE)]
    return tuple(name for name, fault in FAULTS.items() if fault not in never)


def named(names: Iterable[str]) -> list[Fault]:
    """The classes of these names, in that order. Raises ValueError that names the first unknown one."""
    found = []
    for name in names:
        if name not in FAULTS:
            raise ValueError(f"no class of fault is called {name!r}: there are {', '.join(FAULTS)}")
        found.append(FAULTS[name])
    return found
