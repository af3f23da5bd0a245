"""`hydrachat bench`: what a cluster costs, beside other chat and message servers that this machine has.

servers    two processes of each kind, joined as one cluster
dialects   what each kind speaks: pure
crowd      many connections on one thread, which counts in bulk
rows       what is measured
figures    what a row came to: pure
"""
