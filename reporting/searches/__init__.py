"""What was searched and what came of it, as PRISMA-S asks: the search report and searches.csv."""
