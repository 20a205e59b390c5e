"""The reading station: receives studies, has them screened, and returns the results to a hospital's systems."""
