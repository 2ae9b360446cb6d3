"""What auditors look at: cases at instants of their past, and what records show to be against the text."""
