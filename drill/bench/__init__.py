"""`hydrachat bench`: what a cluster costs, beside other chat and message servers that this machine has.

peer       what a kind of server brings: what its clients say, how two of it are started
peers      one file for each kind
kinds      all of them, and two of one as they run
crowd      many connections on one thread, which counts in bulk; member: one of them; door: how they come
load       what they say, and when; compiled: the same in C, crowd.c; compiler: how that is made
rooms      the same in many small rooms, and of publishers; trouble: one client that floods, or reads nothing
rows       what is measured; measured: what one run of one found
figures    what a row came to: pure
report     that as a table and as JSON; page, plots: as an HTML page: pure
"""
