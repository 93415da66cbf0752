"""Words as points: the plane is that of scikit-learn's PCA, neighbours are the nearest, pieces are averaged."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.embeddings import embedding_of, word_map, word_table
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.reader import TextReader
from core.demos.sentiment.tokenizer import train_tokenizer
from core.plots.embeddings import Embeddings, embeddings_figure, embeddings_sentence
from tests.support.tiny_encoder import TEXTS


@pytest.fixture(scope="module")
def reader() -> TextReader:
    torch.manual_seed(5)
    network = make_network(SentimentConfig(vocabulary=500, width=32, layers=1, heads=2), num_classes=2)
    tokenizer = train_tokenizer(TEXTS, vocabulary=500)
    return TextReader(network, tokenizer=tokenizer.to_str(), classes=("negative", "positive"), length=24)


def test_the_map_is_that_of_a_principal_component_analysis(reader: TextReader) -> None:
    table = word_table(reader)
    found = word_map(reader, ["Good", "good", "dull"], table=table)
    chosen = [table.names.index(word) for word in found.words]
    pca = PCA(2).fit(table.vectors[chosen].numpy())
    expected = pca.transform(table.vectors[chosen].numpy())
    assert np.abs(found.places) == pytest.approx(np.abs(expected), abs=1e-4)  # a direction has no sign
    assert found.variance == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-4)
    assert found.own == ("good", "dull")
    assert found.own_places[0] == pytest.approx(found.places[found.words.index("good")], abs=1e-5)
    assert found.own_answers == pytest.approx(reader.probabilities(["good", "dull"]), abs=1e-5)


def test_the_nearest_word_has_the_largest_cosine_and_is_another_word(reader: TextReader) -> None:
    table = word_table(reader)
    vector = embedding_of(reader, "good")
    assert vector is not None
    unit = torch.nn.functional.normalize(table.vectors, dim=1)
    cosines = unit @ torch.nn.functional.normalize(vector, dim=0)
    cosines[table.names.index("good")] = -1
    assert table.nearest(vector, 3, but="good")[0] == table.names[int(cosines.argmax())]


def test_a_word_in_pieces_lies_in_their_middle_and_an_unknown_one_nowhere(reader: TextReader) -> None:
    pieces = [piece.id for piece in reader.encode("goodfilm").pieces[1:-1]]
    assert len(pieces) > 1
    torch.testing.assert_close(
        embedding_of(reader, "goodfilm"), reader.network.embedding.weight.detach()[pieces].mean(0)
    )
    assert embedding_of(reader, "日") is None
    found = word_map(reader, ["日"], table=word_table(reader))
    assert found.own == ()
    info = Embeddings(
        found.words, found.places, found.answers[:, 1], (), found.own_places, found.own_answers[:, 1], "x"
    )
    assert "none of your words" in embeddings_sentence(info, [])
    assert len(embeddings_figure(info, dark=True).data) == 2
