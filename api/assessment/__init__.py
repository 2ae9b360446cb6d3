"""Assessment (考核): what came of the cases of a period, department by department."""
