"""The label config: what a project asks, and which tasks and results fit it. Pure; no input or output."""
