"""What a note may not say."""

from pathlib import Path

import pytest
import yaml

from collections_mgmt.domain.notes import forbidden_in

WORDS = ("老赖", "liar")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He is a LIAR.", "liar"),
        ("She is familiar with the plan.", None),
        ("这个人是老赖。", "老赖"),
        ("Pays on the 3rd, after the salary.", None),
        ("Liar", "liar"),
        ("They are all liars.", "liar"),
    ],
)
def test_latin_words_count_whole_and_others_wherever_they_stand(text, found):
    assert forbidden_in(text, WORDS) == found


def words_of(pack: str) -> list[str]:
    path = Path(__file__).parents[3] / f"dashu/policy/packs/{pack}.yaml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    return next(rule["value"] for rule in rules if rule["code"] == "collections.forbidden_words")


@pytest.mark.parametrize(
    ("pack", "text", "found"),
    [
        ("cn", "就是个垃圾。", "垃圾"),
        ("cn", "這個人是廢物", "廢物"),
        ("cn", "真是死皮赖脸", "死皮赖脸"),
        ("cn", "Lazy and pathetic.", "lazy"),
        ("cn", "他说想死，已转给专人。", None),
        ("cn", "他说活着没意思，想去死。", None),
        ("cn", "糖尿病神经病变，正在住院。", None),
        ("us", "Just a con artist", "con artist"),
        ("us", "A bunch of freeloaders", "freeloader"),
        ("us", "Was cheated by a thief who used their name.", None),
    ],
)
def test_what_shames_is_refused_and_what_people_suffer_is_not(pack, text, found):
    assert forbidden_in(text, words_of(pack)) == found
