"""A token that was replaced is as good as the newest."""

from tests.support.broken_nodes.breaking import run, without

without("resume", "if standing == 'spent' then", "if standing == 'spent' then standing = 'good' end\nif false then")
run()
