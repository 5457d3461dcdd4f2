"""The questions we ask of the rows, each with the field's name for it; by subject as the models."""
