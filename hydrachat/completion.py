"""`hydrachat completion`: the script by which a shell completes our commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_HYDRACHAT_COMPLETE"


@click.command(
    epilog="\b\nExamples:\n"
    "  bash: hydrachat completion bash > ~/.local/share/bash-completion/completions/hydrachat\n"
    '        or, for this shell alone: eval "$(hydrachat completion bash)"\n'
    "  zsh:  hydrachat completion zsh > ~/.zfunc/_hydrachat   (a folder of $fpath)\n"
    "  fish: hydrachat completion fish > ~/.config/fish/completions/hydrachat.fish"
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes hydrachat's words in SHELL.

    Nicknames, rooms and nodes are completed, too, where Redis answers within a moment.
    """
    kind = get_completion_class(shell)
    if kind is not None:
        script = kind(ctx.find_root().command, {}, "hydrachat", VARIABLE).source()
        # click's script for fish cuts a summary off at its first comma.
        click.echo(script.replace('string split ","', 'string split --max 1 ","'))
