"""The table of clauses (条款对照表): every normative clause of the texts, and what carries it out."""
