"""A picture is what its pixels are: written anew, small, and without what its sender's camera put beside them."""

import io

import pytest
from PIL import Image

from education.domain.pictures import MOST_KEPT, MOST_WIDTH, PictureRefused, read_picture


def sent(kind: str = "PNG", size: tuple[int, int] = (800, 400), **about) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (40, 120, 90)).save(file, format=kind, **about)
    return file.getvalue()


class TestPicture:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_becomes_a_small_webp(self, kind):
        picture = read_picture(sent(kind))

        with Image.open(io.BytesIO(picture.content)) as image:
            assert (image.format, image.size) == ("WEBP", (800, 400))
        assert len(picture.content) <= MOST_KEPT
        assert len(picture.digest) == 64

    def test_is_made_narrow_enough_in_its_proportions(self):
        picture = read_picture(sent(size=(2560, 1000)))

        assert (picture.width, picture.height) == (MOST_WIDTH, 500)

    def test_loses_what_the_camera_put_beside_it(self):
        exif = Image.Exif()
        exif[0x010E] = "where somebody lives"

        picture = read_picture(sent("JPEG", exif=exif))

        with Image.open(io.BytesIO(picture.content)) as image:
            assert dict(image.getexif()) == {}
        assert b"somebody lives" not in picture.content

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<html><script>alert(1)</script></html>",
            sent()[:60],
            sent("GIF"),
            sent(size=(20, 20)),
            sent(size=(6_000, 5_000)),
            b"\x89PNG\r\n\x1a\n" + b"0" * (5 * 1024 * 1024),
        ],
        ids=["empty", "svg", "html", "cut off", "gif", "tiny", "too many pixels", "too large"],
    )
    def test_anything_else_is_refused_in_a_sentence(self, content):
        with pytest.raises(PictureRefused) as refused:
            read_picture(content)

        assert refused.value.field == "file"
        assert refused.value.user_message.endswith(".")
