"""What an operator asks of a running cluster, in Redis: works while every node is down."""
