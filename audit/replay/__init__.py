"""Looking back (回放): a case as it stood at any instant, told from its record alone, wherever that record is kept."""
