"""The line clients: `screen` for a person at a terminal, `plain` for pipes and dumb terminals.

Both read lines, give them to `talk`, and print what `wording` makes of the events."""
