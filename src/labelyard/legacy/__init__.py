"""The REST dialect of Label Studio 0.x (`/api/project`, `/api/completions`, …): a translation onto the slices' services."""
