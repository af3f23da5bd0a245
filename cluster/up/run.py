"""What `hydrachat up` does, from the first check to the last process gone. Main thread only."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import click

from cluster.operator.errors import Failed, RedisUnreachable
from cluster.up import balancer, folder, ports, screen
from cluster.up.narrator import Narrator, last_words
from cluster.up.plan import Plan, balancer_spec, node_spec, redis_spec
from cluster.up.slot import Death
from cluster.up.supervisor import Supervisor

REDIS_STARTS_WITHIN = 60.0  # a long append-only file is read first
NODES_START_WITHIN = 15.0
BALANCER_STARTS_WITHIN = 5.0
INTERRUPTED = 130


class Up:
    """One run of `up`. `run` may be called once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._narrator = Narrator(self._print)
        self._supervisor = Supervisor(plan.data / "log", self._narrator.hear, self._on_death, self._narrator.missed)
        self._interrupted = False
        self._redis_death: Death | None = None

    def run(self) -> int:
        """Starts all, stays until it is asked to stop, stops all. Returns the exit code: 130 after
        Ctrl-C, 0 after SIGTERM or SIGHUP. Raises Failed and its kin."""
        with ExitStack() as stack:
            stack.enter_context(folder.held(self._plan.data))
            ports.check(self._plan)
            stack.enter_context(folder.noted(self._plan))
            stack.enter_context(self._signals())
            try:
                self._start()
                self._supervisor.pump(lambda: False)
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
        self._supervisor.start(redis_spec(self._plan))
        deadline = time.monotonic() + REDIS_STARTS_WITHIN
        version = ""
        while not self._supervisor.stop_requests and not version:
            self._supervisor.pump(lambda: self._redis_death is not None, time.monotonic() + 0.05)
            version = self._redis_version(deadline)
        if version:
            folder.check_format(self._plan.data, version)

    def _redis_version(self, deadline: float) -> str:
        """The version of the Redis that we started; empty while it does not answer yet."""
        from cluster.operator import connect

        if self._redis_death is not None:
            said = " / ".join(last_words(self._redis_death)) or self._redis_death.reason
            raise Failed(f"Redis ({self._plan.server}) does not start: {said}")
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
        port = self._plan.base_port
        self._supervisor.pump(lambda: ports.answers(port), time.monotonic() + BALANCER_STARTS_WITHIN)

    def _states(self) -> dict[str, str]:
        names = [f"n{number}" for number in self._plan.node_numbers]
        return {name: self._narrator.states.get(name, "starting") for name in names}

    def _all_serve(self) -> bool:
        return all(state == "serving" for state in self._states().values())

    # -- events --------------------------------------------------------------------------

    def _on_death(self, death: Death) -> None:
        if death.spec.name == "redis":
            self._redis_death = death
            if "n1" not in self._supervisor.slots:
                return  # it never answered: `_start_redis` says so
        self._narrator.died(death)

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

        # What nohup or a background shell told us to ignore stays ignored.
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        wanted = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, on_signal) for number in wanted}
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
