"""What nodes share, and the only place that knows Redis."""
