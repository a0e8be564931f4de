"""What must hold of every figure: told apart in grey, no text cut off, limits that hold data."""

from itertools import combinations
from typing import Any

import numpy as np
from matplotlib import colors
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

MIN_LIGHTNESS_STEP = 15  # of L*, from 0 for black to 100 for white
PIXELS = 1.5


def check_figure(figure: Figure) -> None:
    """Asserts that a figure can be read; the message names the text, the entry or the line."""
    FigureCanvasAgg(figure).draw()  # lays the figure out
    kept_back = {id(label) for axes in figure.axes for label in labels_not_drawn(axes)}
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        if legend is not None:
            looks = [
                (text.get_text(), look_in_grey(handle))
                for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
            ]
            for (name, look), (other, others_look) in combinations(looks, 2):
                assert not alike(look, others_look), f"{name} and {other} look alike in grey"
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in kept_back:
            check_on_canvas(figure, text)
    for axes in figure.axes:
        check_limits(axes)


def look_in_grey(handle: Artist) -> tuple[Any, float]:
    """The pattern of a legend's entry (dashes and marker, or hatch), and its lightness."""
    if isinstance(handle, Line2D):
        dashes = tuple(np.round(handle._dash_pattern[1] or (), 2))
        drawn = handle.get_linestyle() not in ("None", "none", "", " ")
        return (drawn and ("line", dashes), str(handle.get_marker())), lightness(handle.get_color())
    if isinstance(handle, Patch):
        return ("patch", handle.get_hatch() or ""), lightness(handle.get_facecolor())
    face = np.asarray(getattr(handle, "get_facecolor", lambda: [0, 0, 0, 1])())
    return (type(handle).__name__, ""), lightness(face[0] if face.ndim > 1 else face)


def lightness(color: Any) -> float:
    """CIE L* of a colour on white."""
    *rgb, alpha = colors.to_rgba(color)
    mixed = alpha * np.array(rgb) + (1 - alpha)
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def alike(look: tuple[Any, float], other: tuple[Any, float]) -> bool:
    """Whether two entries of a legend have one pattern and nearly one lightness."""
    return look[0] == other[0] and abs(look[1] - other[1]) < MIN_LIGHTNESS_STEP


def labels_not_drawn(axes: Axes) -> list[Text]:
    """Labels of ticks beyond the limits, which are kept and never drawn."""
    return [
        label
        for axis in (axes.xaxis, axes.yaxis)
        for tick in {*axis.majorTicks, *axis.minorTicks} - {*axis._update_ticks()}
        for label in (tick.label1, tick.label2)
    ]


def check_on_canvas(figure: Figure, text: Text) -> None:
    """Asserts that a text does not leave the canvas."""
    box, canvas = text.get_window_extent(), figure.bbox
    inside = (
        box.x0 >= canvas.x0 - PIXELS
        and box.y0 >= canvas.y0 - PIXELS
        and box.x1 <= canvas.x1 + PIXELS
        and box.y1 <= canvas.y1 + PIXELS
    )
    assert inside, f"'{text.get_text()}' leaves the canvas"


def check_limits(axes: Axes) -> None:
    """Asserts that the limits of an axis hold the points of every line drawn in data."""
    for line in axes.get_lines():
        if line.get_transform() == axes.transData and line.get_visible():
            for limits, data in zip(
                (axes.get_xlim(), axes.get_ylim()), line.get_data(), strict=True
            ):
                values = np.ma.masked_invalid(np.asarray(data, float)).compressed()
                low, high = sorted(limits)
                slack = 1e-6 * (high - low)
                outside = values[(values < low - slack) | (values > high + slack)]
                assert outside.size == 0, f"{line.get_label()}: {outside[:3]} outside {limits}"
