"""`hydrachat top`: the cluster as it is now, on one screen. Reads Redis and the nodes' `/metrics`; works without.

The way of what is shown: `facts` reads -> `book` remembers, and makes lines of it by `rates` -> `columns` and `table`
decide which cells are seen -> `app` and its widgets paint. All but the first and the last are pure.
"""
