"""What `hydrachat up` does, from the first check to the last process gone. Main thread only."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FrameType

import click

from cluster.operator.errors import Failed, RedisUnreachable
from cluster.up import balancer, bell, folder, group, ports, screen
from cluster.up.comeback import Comeback
from cluster.up.narrator import Narrator, last_words
from cluster.up.plan import OF_A_GROUP, Plan, balancer_spec, node_spec, redis_spec
from cluster.up.slot import Death
from cluster.up.supervisor import Supervisor

REDIS_STARTS_WITHIN = 60.0  # a long append-only file is read first
GROUP_GATHERS_WITHIN = 15.0
NODES_START_WITHIN = 15.0
BALANCER_STARTS_WITHIN = 5.0
INTERRUPTED = 130


class Up:
    """One run of `up`. `run` may be called once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._narrator = Narrator(self._print)
        self._supervisor = Supervisor(plan.data / "log", self._narrator.hear, self._on_death, self._narrator.missed)
        self._comeback = Comeback(
            {"redis": self._redis_answers, "balancer": self._balancer_answers, **self._group_answers()},
            self._narrator.say,
        )
        self._interrupted = False
        self._redis_death: Death | None = None

    def run(self) -> int:
        """Starts all, stays until it is asked to stop, stops all. Returns the exit code: 130 after
        Ctrl-C, 0 after SIGTERM or SIGHUP. Raises Failed and its kin."""
        with ExitStack() as stack:
            in_order = stack.enter_context(folder.held(self._plan.data))
            ports.check(self._plan)
            stack.enter_context(folder.noted(self._plan))
            stack.enter_context(self._signals())
            stack.enter_context(bell.hung(self._plan))
            if not in_order:
                self._narrator.say("the `up` before was killed, or its machine went down: its data are gone on with")
            try:
                self._start()
                self._supervisor.pump(self._comeback.look)
            finally:
                self._stop()
        return INTERRUPTED if self._interrupted else 0

    # -- starting ------------------------------------------------------------------------

    def _start(self) -> None:
        self._start_redis()
        if self._supervisor.stop_requests:
            return
        for number in self._plan.node_numbers:
            self._supervisor.start(node_spec(self._plan, number))
        self._supervisor.pump(self._all_serve, time.monotonic() + NODES_START_WITHIN)
        if not self._supervisor.stop_requests:
            self._start_balancer()
            screen.overview(self._plan, self._states(), self._print)

    def _start_redis(self) -> None:
        from cluster.operator import connect

        if self._plan.redis:
            connect.check(self._plan.redis)
            return
        deadline = time.monotonic() + REDIS_STARTS_WITHIN
        self._start_servers()
        version = ""
        while not self._supervisor.stop_requests and not version:
            self._supervisor.pump(lambda: self._redis_death is not None, time.monotonic() + 0.05)
            version = self._redis_version(deadline)
        if version:
            folder.check_format(self._plan, version)

    def _start_servers(self) -> None:
        """Raises BadSetting."""
        unused = self._plan.unused_history
        if unused is not None:
            other = "without" if self._plan.group else "with"
            self._narrator.say(f"what was said {other} --sentinel stays in {unused}, and is not shown here")
        if not self._plan.group:
            self._plan.redis_folders[0].mkdir(mode=folder.MODE, exist_ok=True)
            if self._plan.password:
                folder.write_users(self._plan)
            self._supervisor.start(redis_spec(self._plan))
            return
        group.prepare(self._plan)
        for spec in group.server_specs(self._plan):
            self._supervisor.start(spec)
        if not group.is_known(self._plan):
            until = time.monotonic() + GROUP_GATHERS_WITHIN
            self._supervisor.pump(lambda: self._redis_death is not None or group.is_whole(self._plan), until)
        for spec in group.sentinel_specs(self._plan) if not self._supervisor.stop_requests else ():
            self._supervisor.start(spec)

    def _redis_version(self, deadline: float) -> str:
        """The version of the Redis that we started; empty while it does not answer yet."""
        from cluster.operator import connect

        if self._redis_death is not None:
            said = " / ".join(last_words(self._redis_death)) or self._redis_death.reason
            name = self._redis_death.spec.name
            full = f" ({self._full()})" if self._full() else ""
            raise Failed(f"{name.capitalize()} ({self._plan.server}) does not start: {said}{full}")
        try:
            return connect.check(self._plan.redis_url, timeout=1.0)
        except RedisUnreachable as error:
            if time.monotonic() > deadline:
                raise RedisUnreachable(f"{error.message} ({REDIS_STARTS_WITHIN:g} s after its start)") from None
            return ""

    def _start_balancer(self) -> None:
        if not self._plan.balancer:
            return
        config = self._plan.data / "haproxy.cfg"
        config.write_text(balancer.for_up(self._plan), "utf-8")
        # After the nodes: it takes a node for well until a check fails, and none is to fail now.
        self._supervisor.start(balancer_spec(self._plan, config))
        self._supervisor.pump(self._balancer_answers, time.monotonic() + BALANCER_STARTS_WITHIN)

    def _states(self) -> dict[str, str]:
        names = [f"n{number}" for number in self._plan.node_numbers]
        return {name: self._narrator.states.get(name, "starting") for name in names}

    def _all_serve(self) -> bool:
        return all(state == "serving" for state in self._states().values())

    # -- events --------------------------------------------------------------------------

    def _on_death(self, death: Death) -> None:
        if death.spec.name.startswith(("redis", "sentinel")):
            self._redis_death = death
            if "n1" not in self._supervisor.slots:
                return  # it never answered: `_start_redis` says so
        self._narrator.died(death)
        if death.spec.name.startswith("redis") and self._full():
            self._narrator.say(f"  {self._full()}")
        self._comeback.lost(death.spec.name)

    def _full(self) -> str:
        """Redis itself only says that it could not write."""
        data = self._plan.data
        return f"no room is left on the disk of {data}: make some, and Redis goes on" if folder.is_full(data) else ""

    def _redis_answers(self) -> bool:
        from cluster.operator import connect

        if not self._supervisor.runs("redis"):
            return False
        try:
            return bool(connect.check(self._plan.redis_url, timeout=0.5))
        except Failed:
            return False  # it reads its data first

    def _group_answers(self) -> dict[str, Callable[[], bool]]:
        """Probes of the servers and sentinels of a group."""
        plan, numbers = self._plan, range(1, OF_A_GROUP + 1)
        ports_of = {f"redis{number}": plan.group_port(number) for number in numbers}
        ports_of |= {f"sentinel{number}": plan.sentinel_port(number) for number in numbers}
        return {name: partial(self._answers, name, port) for name, port in ports_of.items()} if plan.group else {}

    def _answers(self, name: str, port: int) -> bool:
        return self._supervisor.runs(name) and ports.answers(port)

    def _balancer_answers(self) -> bool:
        return self._answers("balancer", self._plan.base_port)

    def _print(self, line: str) -> None:
        try:
            click.echo(line)
        except OSError:
            # Nobody reads us any more (`up | head`, a closed terminal): there is nothing to stay for.
            sys.stdout = None
            self._supervisor.request_stop()

    # -- stopping ------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def on_signal(number: int, _: FrameType | None) -> None:
            self._interrupted = self._interrupted or number == signal.SIGINT
            self._supervisor.request_stop()

        def on_ring(_: int, __: FrameType | None) -> None:
            self._supervisor.recall()

        # What nohup or a background shell told us to ignore stays ignored.
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        wanted = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, on_signal) for number in wanted}
        before[bell.RING] = signal.signal(bell.RING, on_ring)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self) -> None:
        if not self._supervisor.slots:
            return
        self._narrator.quiet = True
        self._narrator.say("stopping all, in order (Ctrl-C again: at once)")
        killed = self._supervisor.stop()
        for name in killed:
            self._narrator.say(f"{name} did not stop in time and was killed")
        self._narrator.say("all stopped")
