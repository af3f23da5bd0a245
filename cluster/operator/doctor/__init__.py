"""What is wrong with a cluster, and how to mend it. Facts are read once; the checks are functions of them alone."""
