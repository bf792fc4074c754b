"""The label library: labels that people add to controls of projects while they work."""
