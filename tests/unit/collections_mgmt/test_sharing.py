"""Who gets which file."""

from collections_mgmt.domain.sharing import Person, Work, share_out


def work(file_id, *skills, language="en", team=1):
    return Work(file_id, team, language, frozenset(skills))


def person(user_id, *skills, room=5, languages=("en",), team=1):
    return Person(user_id, team, frozenset(languages), frozenset(skills), room)


class TestShareOut:
    def test_shares_evenly_by_room(self):
        given = share_out([work(number) for number in range(1, 5)], [person(7), person(8)])

        assert given == {1: 7, 2: 8, 3: 7, 4: 8}

    def test_gives_nobody_more_than_they_have_room_for(self):
        people = [person(7, room=1), person(8, room=2)]

        assert share_out([work(number) for number in range(1, 6)], people) == {1: 8, 2: 7, 3: 8}

    def test_needs_language_skill_and_team(self):
        people = [person(7), person(8, "vulnerable", languages=("zh-hans",)), person(9, "vulnerable", team=2)]

        assert share_out([work(1, "vulnerable"), work(2, language="zh-hans"), work(3)], people) == {2: 8, 3: 7}

    def test_keeps_rare_skills_free(self):
        people = [person(7, "vulnerable", "sme", room=9), person(8, room=1)]

        assert share_out([work(1), work(2, "vulnerable")], people) == {1: 8, 2: 7}
