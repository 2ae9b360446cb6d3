"""The archive (归档): the histories of cases, kept when Temporal has long let go of them."""
