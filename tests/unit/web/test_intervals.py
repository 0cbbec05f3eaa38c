from dashu.web.intervals import Bar, Interval, IntervalChart


def chart(*intervals: Interval) -> IntervalChart:
    return IntervalChart("Both", "Beside each other.", [("cured", intervals)])


def test_bars_lie_on_a_scale_that_ends_at_the_next_ten_percent():
    drawn = chart(Interval("a", 0.2, 0.1, 0.3, "20%", "first"), Interval("b", 0.3, 0.25, 0.38, "30%", "second"))

    assert drawn.top_percent == 40
    assert drawn.drawn == [
        ("cured", [Bar("a", "20%", "first", 250, 500, 500), Bar("b", "30%", "second", 625, 325, 750)])
    ]


def test_the_scale_ends_at_a_bound_of_whole_tens_and_never_past_everybody():
    assert chart(Interval("a", 0.2, 0.1, 0.3, "", "first")).top_percent == 30
    assert chart(Interval("a", 1.0, 0.95, 1.0, "", "first")).top_percent == 100


def test_what_is_certain_can_still_be_seen():
    ((_name, (bar,)),) = chart(Interval("a", 0.0, 0.0, 0.0, "", "first")).drawn

    assert (bar.start, bar.width, bar.mark) == (0, 2, 0)
