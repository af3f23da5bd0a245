"""`hydrachat doctor`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cluster.operator import options
from cluster.operator.shape import as_csv, checked
from cluster.operator.url import resolve, without_password

if TYPE_CHECKING:
    from cluster.operator.doctor.finding import Finding
    from cluster.operator.shape import Shape

EXIT = "\n\nExit codes: 0 all well (a warn is no more than that), 1 something is wrong, 2 usage or setting, "
EXIT += "3 Redis unreachable."


@click.command(
    epilog="\b\nExamples:\n  hydrachat doctor\n  hydrachat doctor --fix\n"
    "  hydrachat doctor --json | jq '.[] | select(.verdict != \"ok\")'" + EXIT
)
@click.option(
    "--fix",
    is_flag=True,
    envvar="HYDRACHAT_FIX",
    show_envvar=True,
    help="Mend what can be mended safely while the cluster runs: orphaned keys, stuck sessions, ghosts.",
)
@click.option("--strict", is_flag=True, envvar="HYDRACHAT_STRICT", show_envvar=True, help="End with 1 also for a warn.")
@options.where
@options.as_json
@as_csv
def doctor(fix: bool, strict: bool, url: str | None, port: int, prefix: str, as_json: bool, as_csv: bool) -> int:
    """Say what is wrong with the cluster, why that matters, and how to mend it.

    Looks at Redis (version, settings, memory, replicas), the nodes (leases against what is really
    there, clocks, settings), and every key of the cluster: ghosts, stuck sessions, orphaned keys.
    What looks wrong is looked at again at one moment, so a busy cluster is not taken for a broken
    one. Without --fix it changes nothing. Settings of Redis are never changed, only told.

    \b
    JSON fields: check, verdict (ok, warn, bad), seen, why (it matters), mend
    (how), items (what is concerned), fixable (by --fix), mended (how many).
    """
    from cluster.operator.connect import connect
    from cluster.operator.doctor import examine

    shape, where = checked(as_json, as_csv), resolve(url, port)
    with connect(where) as client:
        act = examine.fix if fix else examine.examine
        findings = [aimed(each) for each in act(client, where, prefix)]
    _show(findings, shape)
    return int(any(each.verdict == "bad" or (strict and each.verdict == "warn") for each in findings))


def aimed(finding: Finding) -> Finding:
    """With what the user said about where the cluster is in its commands, so that they can be copied."""
    flags = _given("url", "--redis", without_password) + _given("port", "--port", str)
    own = flags + _given("prefix", "--prefix", str)
    mend = finding.mend.replace("`hydrachat redis-cli", f"`hydrachat redis-cli{flags}")
    return replace(finding, mend=mend.replace("`hydrachat doctor --fix", f"`hydrachat doctor --fix{own}"))


def _given(name: str, flag: str, shown: Callable[[Any], str]) -> str:
    ctx = click.get_current_context()
    if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return ""
    return f" {flag} {shlex.quote(shown(ctx.params[name]))}"


def _show(findings: Sequence[Finding], shape: Shape) -> None:
    from cluster.operator import table
    from cluster.operator.doctor.finding import Finding, Verdict

    if shape.json:
        return table.show_json(findings)
    if shape.csv:
        return table.show_csv(Finding, findings)
    table.show(("", "check", "seen"), [(each.verdict.value, each.check, each.seen) for each in findings])
    for each in findings:
        if each.verdict is not Verdict.OK:
            click.echo(_advice(each))
    wrong = sum(each.verdict is Verdict.BAD for each in findings)
    warned = sum(each.verdict is Verdict.WARN for each in findings)
    click.echo(f"\n{wrong} wrong, {warned} to know of" if wrong or warned else "\nall well")
    return None


def _advice(finding: Finding) -> str:
    from cluster.operator.text import harmless

    parts = (
        f"{finding.verdict.value}: {finding.check}: {finding.seen}",
        f"  why:  {finding.why}",
        f"  mend: {finding.mend}",
    )
    return "\n" + "\n".join(harmless(part, len(part)) for part in parts)
