"""Other languages are named, and short English never is one."""

import pytest

from core.demos.sentiment.language import other_language

ENGLISH = (
    "Good.",
    "Not good!",
    "Great phone, bad battery",
    "decent toaster",
    "Superb",
    "Meh, not for me",
    "Terrible customer service",
    "A masterpiece",
    "best pizza ever",
    "sooo cute omg",
    "Dr. Müller plays a cello",
    "The café was lovely.",
    "Voilà, a tour de force by Amélie's director!",
    "Schadenfreude is the word for it.",
    "No me gusta is what my sister said, but I liked it.",
    "lol wtf",
    "Nice hotel near the Champs-Élysées",
    "I love sushi, tapas and pasta carbonara",
    "https://www.beispiel.de/eine-seite-auf-deutsch good film",
    "@hans #wunderbar nice show",
    "Arrived broken, no refund",
    "Don´t buy",
    "C'est la vie, I guess",
    "Fast shipping, great seller",
    "Best ramen in Berlin",
    "Contrived, manipulative, maudlin",
    "im so done w school",
)
OTHERS = {
    "German": ("Das Essen war kalt und der Kellner unfreundlich.", "Tolles Buch, kann ich nur empfehlen!"),
    "French": ("La nourriture était froide et le serveur désagréable.", "Un livre magnifique, je le recommande."),
    "Spanish": ("La comida estaba fría y el camarero fue muy antipático.", "Un libro estupendo, lo recomiendo mucho."),
    "Italian": ("Il cibo era freddo e il cameriere scortese.", "Un libro bellissimo, lo consiglio a tutti."),
    "Portuguese": ("A comida estava fria e o garçom foi muito grosseiro.", "Um livro maravilhoso, recomendo a todos."),
    "Dutch": ("Het eten was koud en de ober onvriendelijk.", "Prachtig boek, ik kan het iedereen aanraden."),
    "Polish": ("Jedzenie było zimne, a kelner nieuprzejmy.", "Wspaniała książka, polecam każdemu."),
    "Swedish": ("Maten var kall och servitören otrevlig.", "En underbar bok som jag rekommenderar till alla."),
    "Hungarian": ("Nagyon jó film volt.", "Nem ajánlom senkinek."),
    "Vietnamese": ("Rất hài lòng với sản phẩm.",),
    "Turkish": ("Yemek soğuktu ve garson çok kabaydı.", "Harika bir kitap, herkese tavsiye ederim."),
}


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_is_english(text: str) -> None:
    assert other_language(text) is None


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in OTHERS.items() for text in texts])
def test_another_language_is_named(name: str, text: str) -> None:
    assert other_language(text) == name


@pytest.mark.parametrize("text", ["", "!!!", "12 : 30", "xkcd", "hjkl qwrt"])
def test_what_is_in_no_language_is_called_none(text: str) -> None:
    assert other_language(text) is None
