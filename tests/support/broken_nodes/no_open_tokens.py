"""A token counts no more as soon as another one is given out, whether that arrives or not; and the client's own resume
is taken for another's."""

from tests.support.broken_nodes.breaking import run, without

without("resume", "return renewed, first_words(still, OPEN_KEPT), spent or ''", "return renewed, '', spent or ''")
run()
