"""Tests that the checks of figures find what they look for, and let good figures pass."""

import itertools

import pytest
from matplotlib.figure import Figure

from common.logger.curve_drawing import HATCHES, STYLES, label_lines, mark_paper
from common.tests.figure_checks import check_figure


def panel():
    figure = Figure(figsize=(4, 3), layout="constrained")
    return figure, figure.add_subplot()


def test_every_style_and_hatch_can_be_told_apart_and_from_the_paper_s_mark():
    figure, axes = panel()
    for number, style in enumerate(STYLES):
        axes.plot([0, 1], [number, number], label=f"line {number}", **style)
    for number, hatch in enumerate(HATCHES):
        axes.bar(number, 1, color="0.7", hatch=hatch, label=f"bar {number}")
    mark_paper(axes, 2.0)
    axes.legend(ncols=3, fontsize=6)
    check_figure(figure)


def test_colours_of_one_lightness_are_not_told_apart():
    figure, axes = panel()
    for color in ("#0072B2", "#D55E00"):
        axes.plot([0, 1], [0, 1], color=color, label=color)
    axes.legend()
    with pytest.raises(AssertionError, match="look alike in grey"):
        check_figure(figure)


def test_text_beyond_the_canvas_is_found():
    figure, axes = panel()
    axes.annotate("far away", (3.0, 0.5), xycoords="axes fraction", annotation_clip=False)
    figure.set_layout_engine("none")
    with pytest.raises(AssertionError, match="'far away' leaves the canvas"):
        check_figure(figure)


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (lambda axes: axes.plot([0, 1], [0, 5], label="high"), "line high"),
        (lambda axes: axes.bar([0, 1], [1, 5]), "patch"),
        (lambda axes: axes.fill_between([0, 1], [0, 0], [1, 5]), "band"),
        (lambda axes: axes.imshow([[0, 1]], extent=(0, 1, 0, 5)), "image"),
    ],
)
def test_limits_that_cut_data_are_found(draw, name):
    figure, axes = panel()
    draw(axes)
    check_figure(figure)
    axes.set_ylim(0, 4)
    with pytest.raises(AssertionError, match=f"{name}: .* outside"):
        check_figure(figure)


def test_ticks_beyond_the_limits_and_values_that_are_missing_do_no_harm():
    figure, axes = panel()
    axes.plot([0, 1, 2], [0, float("nan"), 1])
    axes.set_xticks([0, 1, 2, 50])
    axes.set_xlim(0, 2)
    check_figure(figure)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_direct_labels_keep_apart_and_near_their_lines(scale):
    _figure, axes = panel()
    for number in range(4):
        axes.plot([0, 1], [1, 1 + 1e-3 * number], label=f"line {number}")
    axes.plot([0, 1], [1, 100], label="high")
    axes.set_yscale(scale)
    label_lines(axes)
    places = {text.get_text(): text.xy[1] for text in axes.texts}
    close = sorted(place for name, place in places.items() if name != "high")
    assert min(b - a for a, b in itertools.pairwise(close)) > 0.04
    to_axes = axes.transData + axes.transAxes.inverted()
    assert sum(close) / 4 == pytest.approx(to_axes.transform((1, 1.0015))[1], abs=1e-3)
    assert places["high"] == pytest.approx(to_axes.transform((1, 100))[1], abs=1e-6)
