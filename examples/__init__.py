"""Complete programs on top of the library: what ``autodiff demo`` runs."""
