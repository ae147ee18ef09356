"""Every layer beside PyTorch's: the same parameters, names, ``repr``, outputs and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

pytestmark = pytest.mark.parity

# How the layer is made, and the shapes of its inputs.
LAYERS: list[tuple[str, list[tuple[int, ...]]]] = [
    ("Identity()", [(3, 4)]),
    ("Linear(3, 4)", [(5, 3)]),
    ("Linear(70, 50)", [(3, 70)]),
    ("Linear(3, 4, bias=False)", [(2, 5, 3)]),
    ("Bilinear(3, 4, 5)", [(6, 3), (6, 4)]),
    ("Bilinear(3, 4, 5, bias=False)", [(6, 3), (6, 4)]),
    ("Conv1d(3, 4, 3)", [(2, 3, 9)]),
    ("Conv1d(4, 4, 3, padding='same', dilation=2, groups=2, bias=False)", [(2, 4, 9)]),
    ("Conv1d(3, 4, 4, padding='valid', padding_mode='reflect')", [(2, 3, 9)]),
    ("Conv2d(3, 8, 3)", [(2, 3, 7, 6)]),
    ("Conv2d(3, 8, (3, 5), stride=2, padding=1)", [(2, 3, 7, 9)]),
    ("Conv2d(2, 3, 3, padding=(1, 2), padding_mode='circular')", [(2, 2, 5, 5)]),
    ("Conv2d(2, 3, (2, 3), padding='same', padding_mode='reflect')", [(2, 2, 5, 5)]),
    ("Conv2d(2, 3, 3, padding=2, padding_mode='replicate')", [(2, 2, 5, 5)]),
    ("ConvTranspose1d(3, 4, 3, stride=2, padding=1)", [(2, 3, 5)]),
    ("ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)", [(2, 4, 4, 5)]),
    ("MaxPool1d(2)", [(2, 3, 8)]),
    ("MaxPool2d(2)", [(2, 3, 8, 8)]),
    ("MaxPool2d((2, 3), stride=1, padding=1, dilation=2, ceil_mode=True)", [(2, 3, 8, 8)]),
    ("AvgPool1d(2)", [(2, 3, 8)]),
    ("AvgPool1d(3, 2, 1, True, False)", [(2, 3, 8)]),
    ("AvgPool2d(2)", [(2, 3, 8, 8)]),
    ("AvgPool2d(3, 2, 1, divisor_override=5)", [(2, 3, 8, 8)]),
    ("AdaptiveAvgPool1d(3)", [(2, 3, 8)]),
    ("AdaptiveAvgPool2d(1)", [(2, 3, 8, 8)]),
    ("AdaptiveAvgPool2d((3, None))", [(2, 3, 8, 5)]),
    ("AdaptiveMaxPool1d(2)", [(2, 3, 7)]),
    ("AdaptiveMaxPool2d((1, None))", [(2, 3, 8, 5)]),
    ("BatchNorm1d(3)", [(6, 3)]),
    ("BatchNorm1d(3, bias=False)", [(6, 3, 4)]),
    ("BatchNorm2d(3)", [(2, 3, 4, 5)]),
    ("BatchNorm2d(3, affine=False, track_running_stats=False)", [(2, 3, 4, 5)]),
    ("BatchNorm2d(3, momentum=None)", [(2, 3, 4, 5)]),
    ("InstanceNorm1d(3)", [(2, 3, 5)]),
    ("InstanceNorm1d(3)", [(3, 5)]),
    ("InstanceNorm2d(3, affine=True, track_running_stats=True)", [(2, 3, 5, 4)]),
    ("LayerNorm(4)", [(2, 3, 4)]),
    ("LayerNorm((3, 4), bias=False)", [(2, 3, 4)]),
    ("LayerNorm(4, elementwise_affine=False)", [(2, 3, 4)]),
    ("RMSNorm(4)", [(2, 3, 4)]),
    ("RMSNorm((3, 4), eps=0.1, elementwise_affine=False)", [(2, 3, 4)]),
    ("GroupNorm(2, 4)", [(3, 4, 5)]),
    ("GroupNorm(2, 4, affine=False)", [(3, 4, 5, 2)]),
    ("GroupNorm(4, 4, bias=False)", [(3, 4, 5, 2)]),
    ("Flatten()", [(2, 3, 4)]),
    ("Flatten(0, 1)", [(2, 3, 4)]),
    ("Unflatten(1, (2, 3))", [(2, 6, 4)]),
    ("CosineSimilarity(dim=2)", [(2, 3, 4), (2, 3, 4)]),
    ("PairwiseDistance(keepdim=True)", [(5, 4), (5, 4)]),
    ("PairwiseDistance(p=1)", [(5, 4), (5, 4)]),
    ("ReLU()", [(3, 4)]),
    ("ReLU6()", [(3, 4)]),
    ("LeakyReLU(0.1)", [(3, 4)]),
    ("PReLU()", [(3, 4)]),
    ("PReLU(4)", [(3, 4, 2)]),
    ("Sigmoid()", [(3, 4)]),
    ("LogSigmoid()", [(3, 4)]),
    ("Tanh()", [(3, 4)]),
    ("Tanhshrink()", [(3, 4)]),
    ("Softsign()", [(3, 4)]),
    ("SiLU()", [(3, 4)]),
    ("Mish()", [(3, 4)]),
    ("Hardsigmoid()", [(3, 4)]),
    ("Hardswish()", [(3, 4)]),
    ("GELU()", [(3, 4)]),
    ("GELU('tanh')", [(3, 4)]),
    ("ELU(0.5)", [(3, 4)]),
    ("CELU(0.5)", [(3, 4)]),
    ("SELU()", [(3, 4)]),
    ("Softplus(2.0, 1.0)", [(3, 4)]),
    ("Hardtanh(-0.5, 0.25)", [(3, 4)]),
    ("Hardshrink(0.25)", [(3, 4)]),
    ("Softshrink(0.25)", [(3, 4)]),
    ("Threshold(0.25, -3.0)", [(3, 4)]),
    ("GLU()", [(3, 4)]),
    ("GLU(0)", [(4, 3)]),
    ("Softmax(1)", [(3, 4)]),
    ("Softmin(0)", [(3, 4)]),
    ("LogSoftmax(-1)", [(3, 4)]),
    ("Softmax2d()", [(2, 3, 4, 5)]),
    ("MSELoss()", [(3, 4), (3, 4)]),
    ("L1Loss(reduction='sum')", [(3, 4), (3, 4)]),
    ("SmoothL1Loss(beta=0.5)", [(3, 4), (3, 4)]),
    ("HuberLoss(delta=0.5)", [(3, 4), (3, 4)]),
    ("KLDivLoss(reduction='batchmean', log_target=True)", [(3, 4), (3, 4)]),
    ("PoissonNLLLoss()", [(3, 4), (3, 4)]),
    ("TripletMarginLoss(swap=True)", [(5, 4), (5, 4), (5, 4)]),
    ("Sequential(Linear(2, 3), ReLU(), Sequential(Linear(3, 3), Tanh()))", [(4, 2)]),
]  # fmt: skip

# Layers and containers that take other inputs, or have random numbers of their own: only what they
# hold and print is compared.
OTHERS = [
    "Dropout()", "Dropout(0.1)", "Dropout1d(0.2)", "Dropout2d()", "AlphaDropout(0.1)",
    "Embedding(7, 5)", "Embedding(3, 4, padding_idx=-1)", "ReLU(True)", "LeakyReLU(0.1, True)",
    "Hardtanh(-2, 2, True)", "SiLU(True)", "Threshold(1, 2, True)", "ELU(1.0, True)",
    "CrossEntropyLoss()", "NLLLoss()", "BCELoss()", "BCEWithLogitsLoss()", "GaussianNLLLoss()",
    "SoftMarginLoss()", "HingeEmbeddingLoss()", "MarginRankingLoss()", "CosineEmbeddingLoss()",
    "ModuleList([Linear(2, 2), Linear(2, 2), ReLU()])", "ModuleDict({'a': Linear(2, 2)})",
    "Sequential()", "ModuleList()", "Conv2d(16, 32, 3, padding_mode='circular', padding=2)",
]  # fmt: skip


def build(library, expression: str, seed: int):
    library.manual_seed(seed)
    layers = nn if library is ad else library.nn
    return eval(expression, vars(layers).copy())


@pytest.mark.parametrize("expression", [*dict.fromkeys(row[0] for row in LAYERS), *OTHERS])
def test_parameters_names_and_repr(expression: str) -> None:
    torch = pytest.importorskip("torch")
    for seed in (0, 123):
        ours, theirs = build(ad, expression, seed), build(torch, expression, seed)
        assert repr(ours) == repr(theirs)
        a, b = ours.state_dict(), theirs.state_dict()
        assert list(a) == list(b)
        for key, value in b.items():
            assert a[key].dtype == value.numpy().dtype
            np.testing.assert_array_equal(a[key].numpy(), value.numpy())
        for names in ("named_parameters", "named_buffers", "named_modules"):
            assert [n for n, _ in getattr(ours, names)()] == [
                n for n, _ in getattr(theirs, names)()
            ]


def passes(library, module, arrays, seed: int):
    """Outputs and gradients of two passes while training and one in evaluation."""
    results = []
    for training in (True, True, False):
        module.train(training).zero_grad()
        library.manual_seed(seed)
        inputs = [library.tensor(a, requires_grad=True) for a in arrays]
        out = module(*inputs)
        (out * out).sum().backward()
        results += [out.detach().numpy()]
        gradients = [t.grad for t in [*inputs, *module.parameters()]]
        results += [None if g is None else g.numpy() for g in gradients]
        results += [t.detach().numpy().copy() for t in module.buffers()]
    return results


@pytest.mark.parametrize(("expression", "shapes"), LAYERS, ids=[f"{e}-{s}" for e, s in LAYERS])
def test_outputs_and_gradients(expression: str, shapes: list[tuple[int, ...]]) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    a = passes(ad, build(ad, expression, 5), arrays, 6)
    b = passes(torch, build(torch, expression, 5), arrays, 6)
    for x, y in zip(a, b, strict=True):
        assert (x is None) == (y is None)
        if y is not None:
            assert x.shape == y.shape
            np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("seed", [0, 1, 123])
def test_a_whole_network_trains_as_pytorchs(seed: int) -> None:
    torch = pytest.importorskip("torch")

    def run(library, layers, optimisers):
        # Before a batch norm a bias has a gradient of rounding errors, which Adam would enlarge.
        library.manual_seed(seed)
        net = layers.Sequential(
            layers.Conv2d(1, 4, 3, padding=1, bias=False), layers.BatchNorm2d(4), layers.ReLU(),
            layers.MaxPool2d(2), layers.Flatten(), layers.Linear(36, 10),
        )  # fmt: skip
        x = library.randn(16, 1, 6, 6)
        y = library.randint(0, 10, (16,))
        optimiser = optimisers.Adam(net.parameters(), lr=0.01)
        loss_of = layers.CrossEntropyLoss(label_smoothing=0.1)
        losses = []
        for _ in range(10):
            optimiser.zero_grad()
            loss = loss_of(net(x), y)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return losses, net.eval()(x).detach().numpy()

    (a, u), (b, v) = run(ad, nn, ad.optim), run(torch, torch.nn, torch.optim)
    np.testing.assert_allclose(a, b, rtol=1e-4)
    np.testing.assert_allclose(u, v, rtol=1e-3, atol=1e-4)
