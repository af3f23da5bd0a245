"""All that the modules in BROKEN break, at once."""

import importlib
import os

from tests.support.broken_nodes import breaking

run = breaking.run
breaking.run = lambda: None
for _name in os.environ["BROKEN"].split(","):
    importlib.import_module(f"tests.support.broken_nodes.{_name}")
run()
