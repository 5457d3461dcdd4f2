"""The numbers of a PRISMA 2020 flow diagram, and what they are made of."""
