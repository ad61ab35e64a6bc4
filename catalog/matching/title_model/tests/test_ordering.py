from catalog.matching.scoring import explain_titles
from catalog.matching.tests.cast import variant
from catalog.matching.title_model.ordering import score_batch, score_candidates, sketch_of

HERE = variant(1, 1)
OTHERS = [
    variant(2, 2),
    variant(3, 2, title="Pegasus Trail 5"),
    variant(4, 2, colour="Red"),
    variant(5, 2, title="Dunk Low"),
    variant(6, 2, title="Pegasus Trail 4 2-Pack"),
]


def test_the_same_model_comes_first_in_every_way_of_scoring():
    thorough = [scored.probability for scored in score_candidates(HERE, OTHERS)]
    quick = score_batch([(sketch_of(HERE), sketch_of(other)) for other in OTHERS]).tolist()
    single = [explain_titles(HERE, other).score for other in OTHERS]
    for scores in (thorough, quick, single):
        assert scores[0] > 0.8
        assert max(scores[1:]) < 0.5


def test_the_order_of_two_rows_changes_no_score():
    for other in OTHERS:
        assert score_candidates(HERE, [other])[0].probability == score_candidates(other, [HERE])[0].probability
        a, b = sketch_of(HERE), sketch_of(other)
        assert score_batch([(a, b)]).tolist() == score_batch([(b, a)]).tolist()
        assert explain_titles(HERE, other).score == explain_titles(other, HERE).score


def test_titles_as_written_know_more_than_words():
    (plain,) = score_candidates(HERE, [OTHERS[0]])
    (written,) = score_candidates(
        HERE, [OTHERS[0]], title="Northfell Pegasus Trail 4 GTX Men", titles=["Northfell Pegasus Trail 4 Herren"]
    )
    assert written.probability < plain.probability
    assert "Only the left says gtx." in written.reasons


def test_reasons_name_what_differs_once():
    (scored,) = score_candidates(HERE, [OTHERS[2]])
    assert scored.reasons.count("Colours differ: black and red.") == 1


def test_nothing_to_score_is_no_score():
    assert score_candidates(HERE, []) == []
    assert score_batch([]).tolist() == []
