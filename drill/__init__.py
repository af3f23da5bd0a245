"""The failure drill: starts a cluster, breaks it, and judges by what its clients saw whether a promise was broken.

    run -> processes (what is broken), nemesis (when, by seed), workload (who talks)
        -> history (what everybody saw) -> checker (pure) -> report

It stands outside of the cluster: it knows the wire, the client library, and processes. It may use Redis's own
protocol to break things; `cluster` and `node` it does not import.
"""
