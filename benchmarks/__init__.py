"""The race against PyTorch (and micrograd for scalars): ``autodiff bench``."""
