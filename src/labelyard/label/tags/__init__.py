"""The tags of the label config language, as data."""
