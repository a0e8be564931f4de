"""What must hold of every figure: told apart in grey, no text cut off, limits that hold data."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
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

from common.logger import curves, results
from common.logger.experiment import Paper

PRESETS = ("quick", "day", "paper")  # whose records are committed
MIN_LIGHTNESS_STEP = 15  # of L*, from 0 for black to 100 for white
PIXELS = 1.5


def records_of(paper: Paper) -> list[Path]:
    """Returns the files of a paper's committed records."""
    folders = (paper.folder / "results" / preset for preset in PRESETS)
    found = (path for folder in folders for path in sorted(folder.glob("*.json")))
    return [path for path in found if path.stem in paper.experiments]


def name_of(path: Path) -> str:
    """Returns what a test on a record is called, such as "quick-table_1"."""
    return f"{path.parent.name}-{path.stem}"


def drawn(paper: Paper, path: Path) -> Figure:
    """Returns the figure of a record; pyplot does not hold it, so that nothing is to be closed."""
    rows = curves.read_curves(path.with_suffix(".csv"))
    return paper.experiments[path.stem].draw(results.read_record(path), rows)


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
    """Asserts that the limits of axes hold what is drawn in data: lines, bars, bands, images."""
    for name, points in drawn_points(axes):
        for limits, data in zip((axes.get_xlim(), axes.get_ylim()), points.T, strict=True):
            values = data[np.isfinite(data)]
            low, high = sorted(limits)
            slack = 1e-6 * (high - low)
            outside = values[(values < low - slack) | (values > high + slack)]
            assert outside.size == 0, f"{axes.get_title()}, {name}: {outside[:3]} outside {limits}"


def drawn_points(axes: Axes) -> Iterator[tuple[str, np.ndarray]]:
    """Gives name and corner points [N, 2] of everything in axes whose place is given in data."""
    for line in axes.get_lines():
        if line.get_transform() == axes.transData and line.get_visible():
            yield f"line {line.get_label()}", np.ma.filled(line.get_xydata(), np.nan)
    for patch in axes.patches:
        if patch.get_data_transform() == axes.transData:
            yield "patch", patch.get_patch_transform().transform(patch.get_path().vertices)
    for collection in axes.collections:
        if collection.get_transform() == axes.transData:
            for path in collection.get_paths():
                yield "band", path.vertices.reshape(-1, 2)
    for image in axes.images:
        yield "image", np.reshape(image.get_extent(), (2, 2)).T
