"""One chat node: sockets, sessions and local fan-out. What the nodes share is behind `cluster.seam`."""
