"""A network of our own between the parts of a cluster, which can be spoilt: proxies that hold, cut and delay."""
