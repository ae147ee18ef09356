"""Layers, containers and losses; ``autodiff.nn`` re-exports all of them."""
