"""How far reviewers agree before anything is discussed."""
