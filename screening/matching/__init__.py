"""Records of the database as `screening.duplicates` compares them, and the keys they are found by."""
