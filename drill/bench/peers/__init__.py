"""One file for each kind of server: its clients' dialect, and two of it joined as one cluster, with the settings of
their packages but for limits that a benchmark would run into (connections from one address, flood protection)."""
