"""What a cluster is made of, as processes from outside: started on a leash, killed by group, their output in files."""
