"""Colours of pictures, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Theme", "contrast", "ink_on", "rules"]


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Attributes
    ----------
    background, ink, soft : str
        Of the picture, of titles, and of the lines below them.
    edge, gradient, frame, alert : str
        Of arrows, of what belongs to the backward pass, of frames, and of NaN and infinity.
    kinds : dict of str to (str, str)
        Fill and outline of each kind of box. The hues are those that Okabe and Ito found to be told apart
        by the colour-blind.
    """

    background: str
    ink: str
    soft: str
    edge: str
    gradient: str
    frame: str
    alert: str
    kinds: dict[str, tuple[str, str]]


ARROWS = {"data": "edge", "gradient": "gradient", "saved": "gradient"}

LIGHT = Theme(
    background="#ffffff",
    ink="#1c2536",
    soft="#566176",
    edge="#8793a6",
    gradient="#b2388a",
    frame="#c3ccd9",
    alert="#d81b1b",
    kinds={
        "operation": ("#f6f8fb", "#8a98ad"),
        "parameter": ("#e3f5ee", "#0b8f6a"),
        "input": ("#e3f0fb", "#1b73b8"),
        "constant": ("#f5f5f4", "#a3a3a0"),
        "output": ("#fff0de", "#cf6a0a"),
        "module": ("#edeafc", "#6a58cc"),
        "gradient": ("#fbe9f4", "#b2388a"),
    },
)
DARK = Theme(
    background="#12161d",
    ink="#e8ecf3",
    soft="#a9b3c3",
    edge="#6f7d93",
    gradient="#ea7cc3",
    frame="#3a4453",
    alert="#ff6b6b",
    kinds={
        "operation": ("#1d2430", "#617089"),
        "parameter": ("#10302a", "#35c79b"),
        "input": ("#112e47", "#58a9ea"),
        "constant": ("#26282b", "#85888e"),
        "output": ("#3a2810", "#f2a541"),
        "module": ("#282349", "#a799ff"),
        "gradient": ("#391a30", "#ea7cc3"),
    },
)


def rules(theme: Theme, name: str) -> str:
    """CSS for a picture of the class `name`."""
    styles = {
        ".paper": f"fill:{theme.background}",
        "text": f"fill:{theme.ink}",
        ".line": f"fill:{theme.soft}",
        ".note": f"fill:{theme.soft}",
        ".plate": f"fill:{theme.background}",
        ".frame": f"fill:{theme.frame};stroke:{theme.frame}",
        ".saved-mark": f"fill:{theme.gradient};stroke:{theme.background}",
        ".alert-mark": f"fill:{theme.alert}",
        ".alert-sign": f"stroke:{theme.background}",
    }
    for kind, (fill, outline) in theme.kinds.items():
        styles[f".{kind} .shape"] = f"fill:{fill};stroke:{outline}"
    for kind, colour in ARROWS.items():
        styles[f".{kind}-arrow"] = f"stroke:{getattr(theme, colour)}"
        styles[f".{kind}-tip"] = f"fill:{getattr(theme, colour)}"
    styles[".alert .shape"] = f"stroke:{theme.alert}"
    return "\n".join([f".{name} {selector}{{{style}}}" for selector, style in styles.items()])


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted([_luminance(a), _luminance(b)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(fill: str) -> str:
    """Black or white, whichever is easier to read on `fill`; its contrast is at least 4.5."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, fill))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
