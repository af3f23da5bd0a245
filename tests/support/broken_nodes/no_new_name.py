"""A renaming is answered and told, but its session speaks under its former nickname."""

from tests.support.broken_nodes.breaking import run, without

without("rename", "'nick', nick, 'mapped', compared, 'skeletons'", "'mapped', compared, 'skeletons'")
run()
