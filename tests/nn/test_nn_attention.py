"""Multi-head attention and encoder layers: masks, errors, learning, beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


def build(library, seed=0, **options):
    library.manual_seed(seed)
    layers = nn if library is ad else library.nn
    return layers.MultiheadAttention(8, 2, **options)


def results(library, module, arrays, training, **options):
    """Outputs, weights and gradients; arrays among the options become tensors."""
    named = {k: library.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    module.train(training).zero_grad()
    library.manual_seed(1)
    inputs = [library.tensor(a, requires_grad=True) for a in arrays]
    out, weights = module(*inputs, **named)
    loss = (out * out).sum() if weights is None else (out * out).sum() + (weights**2).sum()
    loss.backward()
    found = [out.detach().numpy(), None if weights is None else weights.detach().numpy()]
    return found + [t.grad.numpy() for t in (*inputs, *module.parameters())]


def inputs(batch, batch_first=False, key_width=8, value_width=8):
    rng = np.random.default_rng(0)
    found = []
    for length, width in ((5, 8), (7, key_width), (7, value_width)):
        shape = (length,) if batch is None else (batch, length) if batch_first else (length, batch)
        found.append(rng.standard_normal((*shape, width)).astype(np.float32))
    return found


PADDING = np.array([[False] * 5 + [True] * 2, [False] * 7, [False] * 6 + [True]])
LATER = ~np.tri(5, 7, dtype=bool)
ADDED = np.random.default_rng(3).standard_normal((6, 5, 7)).astype(np.float32)
OPTIONS = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"kdim": 3, "vdim": 4},
    {"vdim": 4, "bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True, "add_bias_kv": True},
    {"dropout": 0.3},
]
MASKS = [
    {},
    {"key_padding_mask": PADDING},
    {"attn_mask": LATER},
    {"attn_mask": ADDED},
    {"attn_mask": LATER, "key_padding_mask": PADDING},
    {"attn_mask": LATER, "is_causal": True},
]


@pytest.mark.parity
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_parameters_are_pytorchs(options):
    torch = pytest.importorskip("torch")
    ours, theirs = build(ad, 5, **options), build(torch, 5, **options)
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a) == list(b)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for key, value in b.items():
        np.testing.assert_array_equal(a[key].numpy(), value.numpy())


def compare(a, b):
    for x, y in zip(a, b, strict=True):
        assert (x is None) == (y is None)
        if y is not None:
            assert x.shape == y.shape
            np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


@pytest.mark.parity
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_outputs_and_gradients_are_pytorchs(options, need_weights):
    torch = pytest.importorskip("torch")
    ours, theirs = build(ad, 5, **options), build(torch, 5, **options)
    arrays = inputs(3, ours.batch_first, ours.kdim, ours.vdim)
    for masks in MASKS:
        # Dropout while training has masks of its own.
        for training in (False,) if ours.dropout else (True, False):
            named = {**masks, "need_weights": need_weights}
            compare(
                results(ad, ours, arrays, training, **named),
                results(torch, theirs, arrays, training, **named),
            )


@pytest.mark.parity
@pytest.mark.parametrize("need_weights", [True, False])
def test_without_a_batch_and_weights_of_each_head(need_weights):
    torch = pytest.importorskip("torch")
    ours, theirs = build(ad, batch_first=True), build(torch, batch_first=True)
    for masks in (
        {},
        {"key_padding_mask": PADDING[0]},
        {"attn_mask": ADDED[:2]},
        {"average_attn_weights": False},
    ):
        named = {**masks, "need_weights": need_weights}
        compare(
            results(ad, ours, inputs(None), True, **named),
            results(torch, theirs, inputs(None), True, **named),
        )


def test_a_query_that_sees_no_key_gets_the_bias_alone():
    module = build(ad)
    nn.init.normal_(module.out_proj.bias)
    x = ad.randn(4, 1, 8)
    for need_weights in (True, False):
        out, weights = module(x, x, x, attn_mask=ad.ones(4, 4).bool(), need_weights=need_weights)
        np.testing.assert_array_equal(
            out[0, 0].numpy(force=True), module.out_proj.bias.numpy(force=True)
        )
        assert weights is None or not weights.numpy(force=True).any()


def test_dropout_of_weights():
    module, x = build(ad, dropout=0.25), ad.randn(20, 4, 8)
    _, kept = module.eval()(x, x, x, average_attn_weights=False)
    _, dropped = module.train()(x, x, x, average_attn_weights=False)
    ratio = (dropped / kept).numpy(force=True)
    assert np.allclose(ratio[ratio != 0], 4 / 3, rtol=1e-4)
    assert 0.2 < (ratio == 0).mean() < 0.3
    out, _ = module(x, x, x, need_weights=False)
    assert not np.allclose(out.numpy(force=True), module.eval()(x, x, x)[0].numpy(force=True))


def test_a_mask_that_learns():
    module, x = build(ad, batch_first=True), ad.randn(2, 3, 8)
    mask = ad.zeros(3, 3, requires_grad=True)
    out, _ = module(x, x, x, attn_mask=mask, need_weights=False)
    (out**2).sum().backward()
    assert mask.grad.numpy().any()


def test_double_precision():
    module, x = build(ad, dtype="float64"), ad.randn(3, 2, 8, dtype="float64")
    assert {p.dtype.name for p in module.parameters()} == {"float64"}
    assert module(x, x, x)[0].dtype == np.float64


def test_errors():
    module, x = build(ad), ad.ones(5, 3, 8)
    for sizes in ((8, 3), (0, 1), (8, 0)):
        with pytest.raises(ValueError, match=r"embed_dim .* must be positive"):
            nn.MultiheadAttention(*sizes)
    for wrong in ((x, x[:4], x), (x[0], x, x), (x, x[:, :2], x[:, :2]), (x, x[..., :4], x)):
        with pytest.raises(ValueError, match=r"expected \(L, N, ...\) or \(L, ...\) with \[8, 8"):
            module(*wrong)
    with pytest.raises(ValueError, match="is_causal needs attn_mask"):
        module(x, x, x, is_causal=True)
    with pytest.raises(ValueError, match=r"key_padding_mask has shape \(5, 3\), expected \(3, 5\)"):
        module(x, x, x, key_padding_mask=ad.ones(5, 3).bool())
    with pytest.raises(ValueError, match=r"attn_mask has shape .* \(5, 5\) or \(6, 5, 5\)"):
        module(x, x, x, attn_mask=ad.ones(3, 5, 5).bool())
    with pytest.raises(TypeError, match="attn_mask must be bool or float32, got int64"):
        module(x, x, x, attn_mask=ad.ones(5, 5).long())


def build_encoder(library, layers=None, **options):
    library.manual_seed(0)
    own = nn if library is ad else library.nn
    layer = own.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.0, **options)
    return (
        layer
        if layers is None
        else own.TransformerEncoder(layer, layers, own.LayerNorm(8), enable_nested_tensor=False)
    )


@pytest.mark.parity
@pytest.mark.parametrize("layers", [None, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"norm_first": True, "activation": "gelu"},
        {"batch_first": True, "bias": False, "layer_norm_eps": 0.1},
    ],
    ids=str,
)
def test_encoders_are_pytorchs(options, layers):
    torch = pytest.importorskip("torch")
    ours, theirs = build_encoder(ad, layers, **options), build_encoder(torch, layers, **options)
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a) == list(b)
    for key, value in b.items():
        np.testing.assert_array_equal(a[key].numpy(), value.numpy())
    x = np.random.default_rng(0).standard_normal((7, 7, 8)).astype(np.float32)
    later = ~np.tri(7, dtype=bool)
    padding = np.zeros((7, 7), bool)
    padding[:3, 5:] = True
    for masks in ((), (later,), (np.where(later, -np.inf, 0).astype(np.float32),), (None, padding)):
        found = []
        for library, module in ((ad, ours), (torch, theirs)):
            module.zero_grad()
            leaf = library.tensor(x, requires_grad=True)
            y = module(leaf, *[None if m is None else library.tensor(m) for m in masks])
            (y * y * y).sum().backward()
            gradients = [t.grad.numpy() for t in (leaf, *module.parameters())]
            found.append([y.detach().numpy(), *gradients])
        compare(*found)


def test_the_layers_of_an_encoder_learn_apart():
    encoder = build_encoder(ad, 2)
    with ad.no_grad():
        encoder.layers[0].linear1.weight.zero_()
    assert encoder.layers[1].linear1.weight.numpy(force=True).any()


def test_an_unknown_activation():
    with pytest.raises(ValueError, match="activation must be 'relu', 'gelu' or a function"):
        nn.TransformerEncoderLayer(8, 2, activation="swish")


class _Shift(nn.Module):
    """One layer of causal attention over embeddings of tokens and places."""

    def __init__(self, tokens, length, width):
        super().__init__()
        self.tokens, self.places = nn.Embedding(tokens, width), nn.Embedding(length, width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.head = nn.Linear(width, tokens)
        self.later = ~ad.ones(length, length).tril().bool()

    def forward(self, x):
        h = self.tokens(x) + self.places(ad.arange(x.shape[1]))
        mixed, _ = self.attention(h, h, h, attn_mask=self.later, is_causal=True, need_weights=False)
        return self.head(mixed)


def test_one_layer_learns_to_repeat_the_token_before():
    ad.manual_seed(0)
    model = _Shift(8, 12, 32)
    optimiser = ad.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(150):
        x = ad.randint(0, 8, (32, 12))
        logits = model(x)[:, 1:]
        loss = nn.functional.cross_entropy(logits.reshape(-1, 8), x[:, :-1].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x = ad.randint(0, 8, (64, 12))
    right = model(x)[:, 1:].argmax(-1).numpy() == x[:, :-1].numpy()
    assert right.mean() > 0.95
