"""What a network's behaviour is held against, run and judged."""
