"""Ten thousand ways to ask wrongly: each call made here is known, by how it is made, to be one that must be refused."""
