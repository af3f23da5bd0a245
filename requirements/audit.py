"""`make audit`: known vulnerabilities in what is locked, by pip-audit; of what that could not ask about by the answer
for its newest version, if it is locked at that.

pip-audit takes a package that the service doesn't know for no fault, so that where a mirror stands in for PyPI it would
call everything well without having asked. Exit codes: 0 none is known, or the service can't be asked (which is said),
1 there are some.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from requirements import newest
from requirements.newest import Ask

HERE = Path(__file__).parent
LOCKS = ("dev.txt", "fuzz.txt", "supply.txt")
"""What the others have is in the first."""
_PINNED = re.compile(r"^([\w.-]+)==([\w.+!-]+)", re.MULTILINE)
WITHIN = 300


def asked(lock: Path, more: Sequence[str]) -> str:
    """What pip-audit says of `lock`, as JSON; empty where it could not find out."""
    words = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", str(lock), *more]
    command = [sys.executable, "-m", "pip_audit", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)
    # With an answer it repeats there in a line what we judge otherwise.
    sys.stderr.write("" if done.stdout.strip() else done.stderr)
    return done.stdout


def pinned(lock: Path) -> set[tuple[str, str]]:
    """All packages in it with their versions, also those for other systems."""
    return {(_plain(name), version) for name, version in _PINNED.findall(lock.read_text("utf-8"))}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def judged(name: str, told: str, wanted: Set[tuple[str, str]], ask: Ask = newest.asked) -> tuple[int, list[str]]:
    """The exit code, and what to say of the lock file `name`, which has the packages `wanted`."""
    packages: Sequence[Mapping[str, Any]] = json.loads(told)["dependencies"] if told.strip() else []
    answered = [{**each, "name": _plain(each["name"])} for each in packages if "skip_reason" not in each]
    known = newest.completed(answered, wanted, ask)
    found = [
        f"{each['name']} {each['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none yet'}"
        for each in known
        for fault in each["vulns"]
    ]
    if found:
        return 1, [f"{name}: {line}" for line in found]
    if not known:
        return 0, [f"{name}: SKIPPED, not audited: the vulnerability service of pypi.org can't be asked from here"]
    left = sorted(name for name, _ in wanted - {(each["name"], each["version"]) for each in known})
    # Those for other systems or versions of Python are passed over without a word.
    more = f"; {len(left)} NOT audited: {', '.join(left)}" if left else ""
    return 0, [f"{name}: no known vulnerability in {len(known)} packages{more}"]


def main(more: Sequence[str]) -> int:
    """`more`: options for pip-audit."""
    results = [judged(lock, asked(HERE / lock, more), pinned(HERE / lock)) for lock in LOCKS]
    for _, lines in results:
        print("\n".join(lines))
    return max(code for code, _ in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
