"""Self-contained HTML reports of screens and studies."""
