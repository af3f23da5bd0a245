"""Makes the pictures of README.md from the real program: `make pictures`, or

    python -m docs.pictures.make [--into FOLDER] [NAME …]

Starts a Redis and three nodes of its own on free ports for each, lets people talk, kills nodes, and takes pictures of
what the full-screen programs show. Needs redis-server. What is measured ("moved in 0.2 s", the figures of `top`) is as
it was then; names, texts, times and sizes are always the same.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from docs.pictures.scenes import SCENES
from docs.pictures.stage import Stage

HERE = Path(__file__).parent


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SCENES)))
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=HERE, help="Folder to write to.")
@click.option("--seconds", default=24.0, help="How long `top` watches a load: until its curves are full.")
def main(names: Sequence[str], into: Path, seconds: float) -> None:
    """Makes all pictures, or those that are named."""
    os.environ.pop("NO_COLOR", None)
    into.mkdir(parents=True, exist_ok=True)
    for name in names or SCENES:
        with Stage(seconds) as stage:
            picture = SCENES[name](stage)
        (into / f"{name}.svg").write_text(picture, "utf-8")
        click.echo(f"{name}.svg")


if __name__ == "__main__":
    main()
