from dashu.web.charts import Chart, Series, Tone


def chart(**fields):
    series = [
        Series("Principal", [990_05, 999_95], Tone.PRINCIPAL),
        Series("Left", [1000_00, None], Tone.LEFT, is_line=True),
    ]
    return Chart("plan", "Plan", "Two installments.", "No.", ["1", "2"], series, **fields)


def test_the_table_has_what_the_picture_has():
    assert chart().rows == [("1", [990_05, 1000_00]), ("2", [999_95, None])]
    assert [each["values"] for each in chart().data["series"]] == [[990_05, 999_95], [1000_00, None]]


def test_amounts_leave_as_whole_minor_units_with_their_digits():
    assert chart().data["digits"] == 2
    assert chart(currency="TWD").data["digits"] == 0
    assert chart(currency=None).data["digits"] == 0


def test_a_line_is_told_from_bars():
    assert [(each["tone"], each["line"]) for each in chart().data["series"]] == [("principal", False), ("left", True)]
