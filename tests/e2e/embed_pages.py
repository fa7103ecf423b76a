# ruff: noqa: E501  (each page in one line)
"""Pages on which the script for other sites must find a passage, as newsrooms write them."""

TEXT = (
    "The harbour was closed at noon. “The bridge was never safe,” the mayor said on Monday, and nobody else was asked.\n\n"
    "A second report says that the café’s owner had asked for help twice. Nothing was done about it until the spring."
)
FIRST = "“The bridge was never safe,” the mayor said on Monday"
SECOND = "A second report says that the café’s owner had asked for help twice."
ACROSS = "and nobody else was asked.\n\nA second report says that the café’s owner"
OPENING = "The harbour was closed at noon."

HIDDEN = "<style>.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}</style>"
TIP = "<style>.tip{position:absolute;opacity:0}</style>"

# name: (passage, its page, the words that are then marked)
PAGES = {
    "straight quotation marks": (
        FIRST,
        """<article><p>The harbour was closed at noon. "The bridge was never safe," the mayor said on Monday.</p></article>""",
        'The bridge was never safe," the mayor said on Monday',
    ),
    "German quotation marks": (
        FIRST,
        "<article><p>„The bridge was never safe,“ the mayor said on Monday, and nobody else was asked.</p></article>",
        "The bridge was never safe,“ the mayor said on Monday",
    ),
    "guillemets": (
        FIRST,
        "<article><p>»The bridge was never safe,« the mayor said on Monday, and nobody else was asked.</p></article>",
        "The bridge was never safe,« the mayor said on Monday",
    ),
    "a straight apostrophe": (
        SECOND,
        "<article><p>A second report says that the café's owner had asked for help twice.</p></article>",
        "A second report says that the café's owner had asked for help twice.",
    ),
    "q": (
        FIRST,
        "<article><p><q>The bridge was never safe,</q> the mayor said on Monday.</p></article>",
        "The bridge was never safe, the mayor said on Monday",
    ),
    "a floated drop cap": (
        OPENING,
        '<style>.cap{float:left;font-size:3em}</style><article><p><span class="cap">T</span>he harbour was closed at noon.</p></article>',
        "The harbour was closed at noon.",
    ),
    "a footnote in sup": (
        SECOND,
        "<article><p>A second report<sup>1</sup> says that the café’s owner had asked for help twice.</p></article>",
        "A second report|says that the café’s owner had asked for help twice.",
    ),
    "a footnote after a number, as a link": (
        "Nothing was done about it until the spring",
        '<article><p>Nothing was done about it<sup><a href="#n1">1</a></sup> until the spring.</p></article>',
        "Nothing was done about it|until the spring",
    ),
    "text for screen readers": (
        SECOND,
        HIDDEN
        + '<article><p>A second <span class="sr-only">(external)</span>report says that the café’s owner had asked for help twice.</p></article>',
        "A second|report says that the café’s owner had asked for help twice.",
    ),
    "a tooltip": (
        SECOND,
        TIP
        + '<article><p>A second report<span class="tip">By the council</span> says that the café’s owner had asked for help twice.</p></article>',
        "A second report|says that the café’s owner had asked for help twice.",
    ),
    "visibility: hidden": (
        SECOND,
        '<style>.off{visibility:hidden}</style><article><p>A second <i class="off">secret</i>report says that the café’s owner had asked for help twice.</p></article>',
        "A second|report says that the café’s owner had asked for help twice.",
    ),
    "an advertisement within the passage": (
        ACROSS,
        '<article><p>The mayor said on Monday, and nobody else was asked.</p><div class="ad-slot">Buy a boat</div><p>A second report says that the café’s owner had asked.</p></article>',
        "and nobody else was asked.|A second report says that the café’s owner",
    ),
    "an aside within the passage": (
        ACROSS,
        "<article><p>The mayor said on Monday, and nobody else was asked.</p><aside>Read more</aside><p>A second report says that the café’s owner had asked.</p></article>",
        "and nobody else was asked.|A second report says that the café’s owner",
    ),
    "a floated box within the passage": (
        ACROSS,
        '<style>.box{float:right}</style><article><p>The mayor said on Monday, and nobody else was asked.</p><div class="box">In numbers</div><p>A second report says that the café’s owner had asked.</p></article>',
        "and nobody else was asked.|A second report says that the café’s owner",
    ),
    "a statement in an aside": (
        SECOND,
        "<article><p>The harbour.</p><aside>A second report says that the café’s owner had asked for help twice.</aside></article>",
        SECOND,
    ),
    "a nested article": (
        SECOND,
        "<article><h1>News</h1><article><p>A second report says that the café’s owner had asked for help twice.</p></article></article>",
        SECOND,
    ),
    "direction marks": (
        SECOND,
        "<article><p>A second \u200freport\u200e says \u2067that\u2069 the café’s owner had asked for help twice.</p></article>",
        "A second \u200freport\u200e says \u2067that\u2069 the café’s owner had asked for help twice.",
    ),
    "decomposed accents": (
        SECOND,
        "<article><p>A second report says that the cafe\u0301’s owner had asked for help twice.</p></article>",
        "A second report says that the cafe\u0301’s owner had asked for help twice.",
    ),
    "soft hyphens": (
        SECOND,
        "<article><p>A sec&shy;ond re&shy;port says that the café’s ow&shy;ner had asked for help twice.</p></article>",
        SECOND,
    ),
    "a span for each word": (
        SECOND,
        "<style>span{display:inline-block}</style><article><p>"
        + " ".join(f"<span>{word}</span>" for word in SECOND.split())
        + "</p></article>",
        SECOND,
    ),
    "a span for each letter": (
        SECOND,
        "<article><p>"
        + "".join(f"<span>{letter}</span>" if letter.isalpha() else letter for letter in SECOND)
        + "</p></article>",
        SECOND,
    ),
    "words in a flexible box": (
        SECOND,
        "<style>p{display:flex;flex-wrap:wrap;gap:.3em}</style><article><p>"
        + "".join(f"<span>{word}</span>" for word in SECOND.split())
        + "</p></article>",
        SECOND.replace(" ", ""),
    ),
    "no-break spaces": (
        SECOND,
        "<article><p>A\u00a0second\u202freport says that the café’s owner had asked for help twice.</p></article>",
        SECOND,
    ),
    "details": (
        SECOND,
        "<article><details><summary>More</summary><p>A second report says that the café’s owner had asked for help twice.</p></details></article>",
        SECOND,
    ),
    "inline tags and comments": (
        SECOND,
        "<article><p>A <b>second</b> re<!-- -->port <a href='#'>says</a> that the café’s owner had asked for help twice.</p></article>",
        SECOND,
    ),
}
