"""Building blocks without product knowledge."""
