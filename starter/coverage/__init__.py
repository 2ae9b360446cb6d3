"""The table of clauses (条款对照表): each clause of the texts that rules something, and what carries it out."""
