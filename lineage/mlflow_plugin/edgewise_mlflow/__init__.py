"""A registry store for MLflow that asks Edgewise before a version goes live; knows nothing of Edgewise's own code."""
