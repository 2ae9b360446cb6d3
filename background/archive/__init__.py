"""The archive (归档): the histories of cases, kept after Temporal has deleted them."""
