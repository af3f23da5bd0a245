"""What an operator asks of a running cluster. Reads Redis only: works while every node is down."""
