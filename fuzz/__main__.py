"""`python -m fuzz`: every target for some minutes, and what was found. Needs the extra `fuzz`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from fuzz import corpus
from fuzz.targets import TARGETS

MISSING = (
    "atheris is not installed, nothing was fuzzed: pip install 'hydrachat[fuzz]' (wheels for CPython 3.11+ on Linux)"
)
LONGEST = 4096
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main(words: list[str] | None = None) -> int:
    """The exit code: 1 if anything was found."""
    options = _parser().parse_args(words)
    if find_spec("atheris") is None:
        print(MISSING)
        return 0
    found = [name for name in options.target or TARGETS if not _fuzz(name, options)]
    print(f"found something: {', '.join(found)}" if found else "found nothing")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="for each target (2)")
    parser.add_argument("--target", action="append", choices=[*TARGETS], help="only this one; may be repeated")
    parser.add_argument("--work", type=Path, help="keeps what was found on the way here, and goes on from it")
    parser.add_argument("--keep", action="store_true", help="minimises it into tests/corpus afterwards")
    return parser


def _fuzz(name: str, options: argparse.Namespace) -> bool:
    """Whether nothing was found."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        work = (options.work or Path(temporary)) / name
        corpus.spread(corpus.read(name), work)
        words = [f"-max_total_time={round(options.minutes * 60)}", f"-max_len={LONGEST}", "-print_final_stats=1"]
        words += ["-timeout=60", "-rss_limit_mb=1024", f"-artifact_prefix={work.parent}/{name}-", str(work)]
        done = _run(name, words)
        runs = _RUNS.search(done.stderr)
        print(
            f"{name:8} {int(runs[1]) if runs else 0:>10,} inputs tried, {len(list(work.iterdir()))} worth keeping",
            flush=True,
        )
        if done.returncode:
            print(_what(done, work.parent, name), flush=True)
        elif options.keep:
            _keep(name, work, Path(temporary) / "least")
        return not done.returncode


def _run(name: str, words: list[str]) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "fuzz.run", name, *words]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)


def _what(done: subprocess.CompletedProcess[str], folder: Path, name: str) -> str:
    inputs = [f"  input: {path.read_bytes()[:2000]!r}" for path in sorted(folder.glob(f"{name}-*-*")) if path.is_file()]
    end = (done.stdout + done.stderr).splitlines()[-40:]
    return "\n".join([*end, *inputs, f"  keep such a line in tests/corpus/{name}.txt with the mend"])


def _keep(name: str, work: Path, least: Path) -> None:
    """The fewest inputs that reach all that was reached."""
    least.mkdir()
    for path in [path for path in work.iterdir() if path.stat().st_size > corpus.LONGEST]:
        path.unlink()
    done = _run(name, ["-merge=1", f"-max_len={corpus.LONGEST}", str(least), str(work)])
    kept = corpus.gathered(least)
    if done.returncode or not kept:
        raise RuntimeError(f"{name} was not minimised: {done.stderr[-2000:]}")
    corpus.write(name, kept)


if __name__ == "__main__":
    sys.exit(main())
