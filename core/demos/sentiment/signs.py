"""What people write beside words: emoji, emoticons, stars, scores, odd apostrophes. Rules that turn them into words.

The rules become part of a tokenizer (`reading_signs`), so they travel with it: what it wrote once it reads the same way
for ever, and a tokenizer without them reads as it always did. Each piece still knows the characters it came from.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

EMOJI = {
    "love": "❤♥❣💌💕💖💗💓💘💝💞💟🧡💛💚💙💜🖤🤍🤎🩷🩵🩶😍🥰😘😗😙😚😻💑💏🫶🤟💋😽🫂",
    "happy": "😀😃😄😁😆😊🙂☺😺😸🤗😇😎🤠🥹😌😉🥲😏🕺💃🤸☀🌞🌈🍀🥂🍾🎁🎂🎈🌹💐🌸🌺🌷🌻✌🙆🦄",
    "amazing": "🤩🌟✨🔥💯🏆🥇💪🙌👏🎉🥳🎊💎👑🚀🔝🤘🎆🎇",
    "good": "👍👌✅☑✔🆗🤙🤝🫡🆒🤌",
    "delicious": "😋🤤",
    "funny": "😂🤣😹😅😝😜😛🤪",
    "thank you": "🙏",
    "sad": "😢😭😞😔☹🙁😟😣😥😓😿😰😩😫😪😖🥺😦😧🤕🤒😷🥀",
    "heartbroken": "💔",
    "angry": "😠😡🤬👿💢😤😾🖕😈",
    "disgusting": "🤮🤢🤧🤑",
    "awful": "👎💩❌✖🚮🗑🙅🚫⛔🤡",
    "disappointed": "🤦😒🙄😑😬😕🫤",
    "boring": "🥱😴💤",
    "so so": "😐😶🤷🙃🫠",
    "shocked": "😱😨😮😲🤯😵🙀🫣",
    "wondering": "🤔🤨🧐",
}
EMOTICONS = {
    "angry": (r">:-?[(\[]+", r">_<", r"(?<!\w)[:=]-?@(?!\w)"),
    "heartbroken": (r"</3",),
    "love": (r"<3+(?![\w.])", r"[:;]-?\*+(?!\w)"),
    "happy": (
        r"[:=;][-o^']{0,2}[)\]}]+(?!\w)",
        r"[:=;]-?D+(?!\w)",
        r"(?<!\w)[xX]D+(?!\w)",
        r"\^[_.-]{0,2}\^",
        r"(?<![\w)])\([-o^']?[:;=](?!\w)",
        r"\\o/",
        r"(?<!\w)8-\)",
        r"(?<!\w):-?3(?!\w)",
    ),
    "funny": (r"[:=;]-?[pP](?!\w)",),
    "sad": (
        r"[:=;][-o^']{0,2}[(\[{]+(?![\w(])",
        r"(?<!\w)D-?:(?![\w/])",
        r"(?<![\w(])\)[-o^']?[:=](?!\w)",
        r";_+;",
        r"(?<!\w)[Tt][_.][Tt](?!\w)",
        r"(?<!\w)[:=]-?[cC](?!\w)",
    ),
    "disappointed": (
        r"(?<!http)(?<!https)(?<!ftp)(?<!file)(?<![A-Z])[:=]-?[/\\](?![/\\\w])",
        r"(?<!\w)-_+-(?!\w)",
        r"ಠ_+ಠ",
    ),
    "so so": (r"[:=]-?\|(?!\w)", r"¯\\_+\(ツ\)_+/¯"),
    "shocked": (r"(?<![\w:])[:=]-?[oO0](?!\w)", r"(?<!\w)[oO][_.][oO](?!\w)"),
}
APOSTROPHE = "['’´`ʼ′‘‛＇ʹʻʽ՚ꞌ]"
CHARACTERS = {
    "&(?:#0?39|#x27|apos|rsquo|lsquo);": "'",
    "&quot;|&[lr]dquo;": '"',
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
}
MODIFIERS = (
    "[\u20e3\ufe0e\ufe0f\u200d\u200b\u2060\U0001f3fb-\U0001f3ff\u2640\u2642]"  # of emoji: colour, gender, joints
)
OTHER_EMOJI = "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
STARS = 5  # that all scores are told in
_NEGATED = r"\bis|\bare|\bwas|\bwere|\bdo|\bdoes|\bdid|\bhave|\bhas|\bhad|\bcould|\bwould|\bshould|\bca|\bwo|\bai"
_BESIDE = r"(?<![\w./,:$€£-])"
_STAR = "[★⭐🌟✭✪]"
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NO_SCORE = (
    r"(?!\s?(?:people|persons|users|customers|patients|times|days|months|of|units|women|men|children|p\.?m|a\.?m)\b)"
)


@cache
def rules() -> tuple[tuple[str, str], ...]:
    """Regular expressions (of Oniguruma) and the words that take the place of what they find, in this order."""
    found = list(CHARACTERS.items())
    found += [(r"<br\s*/?>", " "), (rf"(?<=\w){APOSTROPHE}(?=\w)", "'")]
    found += [
        (rf"(?<=\w)\s{APOSTROPHE}\s?(?=(?:t|s|re|ve|ll|d|m)\b)", "'"),
        (r"\s+(?=n't\b)", ""),
        (rf"(?i)(?<={_NEGATED})nt\b", "n't"),
    ]
    found += [(MODIFIERS, "")]
    found += [("|".join(_scores(number)), f" {_stars(number)} ") for number in range(STARS, -1, -1)]
    words = [*EMOTICONS, *(word for word in EMOJI if word not in EMOTICONS)]  # ">:(" is looked for before ":("
    return (*found, *((_signs(word), f" {word} ") for word in words))


def _signs(word: str) -> str:
    """All that is read as a word; an emoji may stand there several times."""
    return "|".join([f"[{re.sub(MODIFIERS, '', EMOJI[word])}]+", *EMOTICONS.get(word, ())])


def _stars(number: int) -> str:
    return f"{number} out of {STARS} stars"


def _scores(number: int) -> list[str]:
    """What says so many of five stars: "8/10", "4 out of 5", "★★★★☆", "⭐⭐⭐⭐"."""
    of_five = _spelled(number, 1)
    of_ten, of_hundred = _spelled(number, 2), "|".join(map(str, _in_level(number, 20)))
    if number == STARS:
        of_ten, of_hundred = rf"{of_ten}|1[1-9]", rf"{of_hundred}|1[01]\d"
    if number == 0:
        of_ten, of_five = rf"{of_ten}|-\d+", rf"{of_five}|-\d+"
    over, star = r"\s?(?:/|out\sof)\s?", r"(?:[\s-]?stars?)?"
    end = rf"(?![\w/]|[.,]\d|%){_NO_SCORE}"
    written = (
        rf"{_BESIDE}(?<!on\s)(?:(?:{of_five}){over}(?:5|five)|(?:{of_ten}){over}(?:10|ten)|(?:{of_hundred}){over}100)"
        rf"{star}{end}"
    )
    found = [written, rf"{_BESIDE}(?:{of_five})(?:\*(?![\w*])|\s?of\s?5\sstars?\b|\s?{_STAR}(?!\s?{_STAR}))"]
    if number:
        found.append(rf"{_BESIDE}{number - 1}\s?(?:½|1/2)[\s-]?stars?\b")
        found.append(rf"{_BESIDE}(?:{number - 1}[.,][1-9]|{number}[.,]0)[\s-]?stars?\b")
        found.append(_drawn(number))
    quarters = [half for half in range(9) if math.floor(half / 2 / 4 * STARS + 0.5) == number]
    fours = "|".join(rf"{half // 2}[.,]5" if half % 2 else rf"{half // 2}(?:[.,]0)?" for half in quarters)
    found.append(rf"{_BESIDE}(?:{fours}){over}(?:4|four)[\s-]stars?\b")
    return found


def _drawn(number: int) -> str:
    """Stars themselves. One alone, without empty ones after it, is an ornament."""
    empty = "[☆✩⚝]"
    stands, ends = rf"(?<!{_STAR})(?<!{_STAR}\s)", rf"(?!\s?{_STAR})"
    if number == 1:
        return rf"{stands}(?:{_STAR}|½)(?:\s?{empty}){{3,4}}{ends}"
    halved = rf"{_STAR}(?:\s?{_STAR}){{{number - 2}}}\s?(?:½|1/2)"
    return rf"{stands}(?:{halved}|{_STAR}(?:\s?{_STAR}){{{number - 1}}})(?:\s?{empty})*{ends}"


def _in_level(number: int, size: int) -> list[int]:
    """Whole scores that are told as so many stars: of ten (size 2), 7 and 8 are four."""
    return list(range(size * (number - 1) + 1, size * number + 1)) if number else [0]


def _spelled(number: int, size: int) -> str:
    """The same as a pattern, with numbers in words and halves: "8|eight|7|seven|7.5"."""
    if number == 0:
        return r"zero|0(?:[.,]0)?"
    whole = _in_level(number, size)
    between = [f"{low}[.,][1-9]\\d?" for low in range(whole[0] - 1, whole[-1])]
    return "|".join([*between, *(rf"{one}(?:[.,]0)?" for one in reversed(whole)), *(_NUMBERS[one] for one in whole)])


def reading_signs(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer, which also reads emoji, emoticons, stars and scores as words.

    An emoji without a word of its own stands alone: "film🍿" is a film beside something unknown.
    """
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers

    changed = Tokenizer.from_str(tokenizer.to_str())
    steps = [normalizers.Replace(Regex(pattern), content) for pattern, content in rules()]
    changed.normalizer = normalizers.Sequence([*steps, tokenizer.normalizer])
    changed.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(OTHER_EMOJI), "isolated"), tokenizer.pre_tokenizer]
    )
    changed.encode_special_tokens = True
    return changed


def tells(text: str) -> bool:
    """Whether a text without letters tells something all the same: an emoji, an emoticon or a score."""
    return bool(re.search(f"{OTHER_EMOJI}|{found_as_one()}", text))


@cache
def found_as_one() -> str:
    """A regular expression for emoticons and scores, which are one thing to a reader though they are several signs."""
    emoticons = [pattern for patterns in EMOTICONS.values() for pattern in patterns]
    return "|".join([*(pattern for number in range(STARS + 1) for pattern in _scores(number)), *emoticons])
