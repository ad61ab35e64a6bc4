"""Flat pictures of goods, drawn from a shape and a colour, so that no photograph is needed."""

import re
from collections.abc import Callable
from html import escape

GROUND = "#f4f2ee"
NEUTRAL = "#9aa0a6"


def draw(shape: str, colour_hex: str, label: str) -> bytes:
    """Draw one article as an SVG of 600 by 600, with ``label`` as its accessible title.

    A shape that is not known becomes a swing tag, a colour that is none a neutral grey. The picture holds no script and
    refers to nothing outside; the label is escaped and stripped of characters that XML forbids.
    """
    colour = colour_hex if re.fullmatch(r"#[0-9a-fA-F]{6}", colour_hex) else NEUTRAL
    drawn = SHAPES.get(shape, _tag)(_Palette(colour))
    title = escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", label))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" viewBox="0 0 600 600" role="img">'
        f"<title>{title}</title>"
        f'<rect width="600" height="600" fill="{GROUND}"/>'
        f'<g stroke-linejoin="round" stroke-linecap="round">{drawn}</g></svg>'
    ).encode()


class _Palette:
    """One colour with the shades that give it form, and the brushes that use them."""

    def __init__(self, colour: str) -> None:
        self.main = colour
        self.dark = _mixed(colour, "#000000", 0.22)
        self.light = _mixed(colour, "#ffffff", 0.22)
        deep = sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) < 200
        self.line = _mixed(colour, "#ffffff" if deep else "#1c1c22", 0.34 if deep else 0.45)

    def body(self, path: str) -> str:
        return f'<path d="{path}" fill="{self.main}" stroke="{self.line}" stroke-width="4"/>'

    def shade(self, path: str) -> str:
        return f'<path d="{path}" fill="{self.dark}"/>'

    def gleam(self, path: str) -> str:
        return f'<path d="{path}" fill="{self.light}"/>'

    def seam(self, path: str, width: int = 4, dashes: str = "") -> str:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<path d="{path}" fill="none" stroke="{self.line}" stroke-width="{width}"{dashed}/>'


def _mixed(colour: str, other: str, share: float) -> str:
    """Mix ``share`` of another colour in."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _floor(y: int, reach: int = 220) -> str:
    return f'<ellipse cx="300" cy="{y}" rx="{reach}" ry="14" fill="#000" opacity=".09"/>'


def _paint(path: str, fill: str, line: str = "none") -> str:
    return f'<path d="{path}" fill="{fill}" stroke="{line}" stroke-width="4"/>'


def _dots(*places: tuple[int, int], fill: str = "#fbfaf7", radius: int = 6) -> str:
    return "".join(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>' for x, y in places)


def _shoe(ink: _Palette) -> str:
    return (
        _floor(440, 230)
        + ink.body(
            "M112 214 C110 196 132 188 152 200 C178 216 214 226 244 214 C262 206 272 192 292 196 L352 258 "
            "C402 292 452 300 496 318 C524 330 532 356 528 386 L92 386 C86 330 104 268 112 214 Z"
        )
        + ink.shade("M94 384 C90 350 96 318 103 288 C132 300 150 336 152 384 Z")
        + ink.shade("M424 384 C420 340 446 312 478 312 C520 326 530 352 526 384 Z")
        + ink.gleam("M188 352 C240 342 300 312 336 268 L356 284 C318 334 250 364 190 372 Z")
        + ink.seam("M244 216 C258 262 300 306 424 340", 4, "2 9")
        + "".join(
            ink.seam(f"M{x} {y} l34 -22", 13)
            + f'<path d="M{x} {y} l34 -22" stroke="#fbfaf7" stroke-width="8" fill="none"/>'
            for x, y in ((268, 240), (290, 260), (314, 280), (340, 298))
        )
        + _paint("M88 382 H530 C538 404 530 430 504 432 H122 C94 430 84 406 88 382 Z", "#fbfaf7", "#c9c4ba")
        + _paint("M98 416 H524 C520 426 514 432 504 432 H122 C110 431 102 425 98 416 Z", "#d9d4c9")
    )


def _boot(ink: _Palette) -> str:
    return (
        _floor(490, 200)
        + ink.body(
            "M176 108 C220 98 280 98 322 108 C320 176 322 238 338 284 C356 320 432 330 474 352 C504 368 510 400 506 430 "
            "L168 430 C160 330 188 220 176 108 Z"
        )
        + ink.shade("M232 190 H296 C296 240 302 280 318 312 H238 C226 272 228 230 232 190 Z")
        + ink.seam("M248 196 V308 M264 196 V310 M280 196 C281 240 288 282 298 310", 3)
        + ink.gleam("M192 122 C206 118 220 116 230 116 C226 220 216 320 206 410 H190 C186 310 204 220 192 122 Z")
        + ink.shade("M420 428 C414 386 438 352 472 354 C502 370 508 400 504 428 Z")
        + ink.seam("M176 138 C220 128 280 128 321 138", 4)
        + ink.seam("M252 104 C250 76 280 76 278 104", 8)
        + _paint("M162 426 H510 C518 444 512 460 500 460 H286 L280 478 H172 C160 478 158 446 162 426 Z", "#2a2622")
        + _paint("M164 426 H510 L511 436 H162 Z", "#4a423a")
    )


def _sandal(ink: _Palette) -> str:
    return (
        _floor(452, 225)
        + ink.seam("M146 262 C196 300 250 304 296 282", 30)
        + f'<path d="M146 262 C196 300 250 304 296 282" fill="none" stroke="{ink.main}" stroke-width="23"/>'
        + ink.body("M110 392 C96 330 112 274 132 242 L164 252 C146 290 140 340 156 392 Z")
        + ink.body("M262 394 C262 340 284 290 318 268 L346 288 C322 318 312 354 316 394 Z")
        + ink.body("M348 392 C356 316 412 294 470 316 C500 330 514 356 514 386 L438 392 Z")
        + ink.gleam("M372 386 C382 332 420 316 458 326 C428 334 408 356 406 388 Z")
        + _paint("M206 270 h34 v40 h-34 Z", "none", "#c8a24a")
        + _paint("M224 290 h24", "none", "#c8a24a")
        + _paint(
            "M88 388 C150 372 226 392 300 394 C384 396 458 380 524 380 C536 398 528 412 500 416 L128 418 C96 418 80 404 88 388 Z",
            "#cfa77a",
            "#9b7748",
        )
        + _paint("M90 408 C96 418 112 420 128 419 L500 416 C514 414 524 410 528 402 C536 428 524 444 498 444 H130 "
                 "C98 444 86 428 90 408 Z", "#5a4632")
    )  # fmt: skip


def _shirt(ink: _Palette) -> str:
    return (
        _floor(528, 150)
        + ink.body("M214 116 L148 150 C128 190 104 300 92 392 L150 410 C160 366 172 320 184 286 L184 510 H416 L416 286 "
                   "C428 320 440 366 450 410 L508 392 C496 300 472 190 452 150 L386 116 C350 140 250 140 214 116 Z")
        + ink.shade("M184 286 C188 250 190 220 186 196 C200 300 204 420 200 508 H184 Z")
        + ink.shade("M416 286 C412 250 410 220 414 196 C400 300 396 420 400 508 H416 Z")
        + ink.gleam("M290 152 H314 V508 H290 Z")
        + ink.seam("M290 156 V508 M314 156 V508", 3)
        + _dots((302, 196), (302, 256), (302, 316), (302, 376), (302, 436), (302, 488))
        + ink.shade("M244 122 C270 134 330 134 356 122 L302 158 Z")
        + ink.body("M214 116 C222 104 236 98 246 98 L302 154 L262 192 C240 170 222 146 214 116 Z")
        + ink.body("M386 116 C378 104 364 98 354 98 L302 154 L342 192 C362 170 380 146 386 116 Z")
        + ink.seam("M340 232 H392 V284 L366 298 L340 284 Z", 3)
        + ink.seam("M98 366 L155 384 M502 366 L445 384", 3)
    )  # fmt: skip


def _knit(ink: _Palette) -> str:
    cables = "".join(
        f"M{x} 176 c-12 14 -12 28 0 42 c12 14 12 28 0 42 c-12 14 -12 28 0 42 c12 14 12 28 0 42 c-12 14 -12 28 0 42 c12 14 12 28 0 42 "
        for x in (256, 300, 344)
    )
    return (
        _floor(528, 150)
        + ink.body("M226 112 L152 144 C124 190 104 306 96 410 L156 422 C164 378 172 330 184 296 L180 508 H420 L416 296 "
                   "C428 330 436 378 444 422 L504 410 C496 306 476 190 448 144 L374 112 C350 132 250 132 226 112 Z")
        + ink.shade("M184 296 C190 260 192 226 186 196 C204 300 206 400 202 470 H180 Z")
        + ink.shade("M416 296 C410 260 408 226 414 196 C396 300 394 400 398 470 H420 Z")
        + ink.seam(cables, 4)
        + ink.shade("M180 470 H420 V508 H180 Z")
        + ink.seam(" ".join(f"M{x} 474 V504" for x in range(204, 400, 24)), 3)
        + ink.shade("M98 384 L160 396 L156 422 L96 410 Z M502 384 L440 396 L444 422 L504 410 Z")
        + ink.seam("M226 112 C250 156 350 156 374 112", 24)
        + f'<path d="M226 112 C250 156 350 156 374 112" fill="none" stroke="{ink.light}" stroke-width="16"/>'
        + ink.seam("M226 112 C250 132 350 132 374 112", 3)
    )  # fmt: skip


def _dress(ink: _Palette) -> str:
    return (
        _floor(546, 140)
        + ink.seam("M240 76 L234 142 M360 76 L366 142", 12)
        + ink.body("M222 136 C244 130 258 152 300 152 C342 152 356 130 378 136 C384 190 372 228 352 262 "
                   "C392 340 428 430 448 520 C356 544 244 544 152 520 C172 430 208 340 248 262 C228 228 216 190 222 136 Z")
        + ink.shade("M262 290 C240 370 222 450 214 532 L184 527 C200 440 226 350 254 280 Z")
        + ink.shade("M338 290 C360 370 378 450 386 532 L416 527 C400 440 374 350 346 280 Z")
        + ink.gleam("M288 290 C282 370 278 450 276 538 L324 538 C322 450 318 370 312 290 Z")
        + ink.shade("M247 256 H353 L358 280 H242 Z")
        + ink.seam("M236 166 C252 200 256 226 254 254 M364 166 C348 200 344 226 346 254", 3)
        + ink.seam("M156 506 C244 530 356 530 444 506", 3, "2 9")
    )  # fmt: skip


def _trousers(ink: _Palette) -> str:
    return (
        _floor(544, 130)
        + ink.body("M206 72 H394 C404 160 414 300 408 530 H322 C318 420 312 320 300 226 C288 320 282 420 278 530 H192 "
                   "C186 300 196 160 206 72 Z")
        + ink.shade("M300 226 C312 320 318 420 322 530 H340 C338 400 330 290 300 200 Z")
        + ink.shade("M300 226 C288 320 282 420 278 530 H260 C262 400 270 290 300 200 Z")
        + ink.gleam("M222 190 C214 300 212 420 216 520 H234 C232 420 234 300 238 190 Z")
        + ink.gleam("M378 190 C386 300 388 420 384 520 H366 C368 420 366 300 362 190 Z")
        + ink.shade("M205 74 H395 L398 108 H202 Z")
        + ink.seam("M202 108 H398 M300 108 V214 C318 206 326 190 326 170 V108", 3)
        + ink.seam("M208 116 C210 150 226 166 262 168 L264 110 M392 116 C390 150 374 166 338 168", 3, "6 5")
        + ink.seam("M232 76 V112 M268 76 V112 M332 76 V112 M368 76 V112", 6)
        + ink.seam("M192 512 H278 M322 512 H408", 3, "6 5")
        + _dots((300, 91), fill="#c8a24a", radius=8)
    )  # fmt: skip


def _jacket(ink: _Palette) -> str:
    return (
        _floor(528, 160)
        + ink.body("M216 112 L146 146 C118 196 96 316 86 424 L152 438 C160 384 170 330 182 296 L176 506 H424 L418 296 "
                   "C430 330 440 384 448 438 L514 424 C504 316 482 196 454 146 L384 112 Z")
        + ink.shade("M182 296 C188 260 190 226 184 196 C204 300 206 420 200 504 H176 Z")
        + ink.shade("M418 296 C412 260 410 226 416 196 C396 300 394 420 400 504 H424 Z")
        + _paint("M248 106 L300 260 L352 106 C330 118 270 118 248 106 Z", "#fbfaf7", "#c9c4ba")
        + ink.body("M250 96 C228 100 214 110 208 124 L222 196 L252 190 L246 214 L300 300 V262 C276 220 256 160 250 96 Z")
        + ink.body("M350 96 C372 100 386 110 392 124 L378 196 L348 190 L354 214 L300 300 V262 C324 220 344 160 350 96 Z")
        + ink.seam("M300 300 V506", 4)
        + _dots((316, 330), (316, 390), (316, 450), fill="#e6dfd0", radius=8)
        + ink.seam("M206 400 H266 V418 H206 Z M334 400 H394 V418 H334 Z", 3)
        + ink.shade("M206 400 H266 V412 H206 Z M334 400 H394 V412 H334 Z")
        + ink.seam("M340 236 L386 228", 4)
        + ink.seam("M90 396 L157 410 M510 396 L443 410", 3)
    )  # fmt: skip


def _bag(ink: _Palette) -> str:
    return (
        _floor(506, 200)
        + ink.seam("M212 262 C206 110 394 110 388 262", 24)
        + f'<path d="M212 262 C206 110 394 110 388 262" fill="none" stroke="{ink.dark}" stroke-width="16"/>'
        + ink.body("M142 236 H458 C468 236 474 242 476 252 L506 472 C508 488 498 496 484 496 H116 C102 496 92 488 94 472 "
                   "L124 252 C126 242 132 236 142 236 Z")
        + ink.shade("M104 410 H497 L506 472 C508 488 498 494 484 494 H116 C102 494 92 488 94 472 Z")
        + ink.gleam("M142 240 H458 C466 240 472 244 473 252 L476 276 H124 L127 252 C128 244 134 240 142 240 Z")
        + ink.seam("M124 278 H476", 3)
        + ink.seam("M112 400 H488", 3, "8 6")
        + _paint("M272 262 H328 V324 C328 340 316 348 300 348 C284 348 272 340 272 324 Z", ink.dark, ink.line)
        + _dots((300, 318), fill="#c8a24a", radius=11)
        + _dots((212, 262), (388, 262), fill="#c8a24a", radius=9)
    )  # fmt: skip


def _tag(ink: _Palette) -> str:
    return (
        _floor(510, 130)
        + ink.seam("M300 190 C300 110 370 90 420 70", 5)
        + ink.body("M300 130 L420 230 V480 C420 490 412 496 404 496 H196 C188 496 180 490 180 480 V230 Z")
        + ink.gleam("M216 300 H384 V320 H216 Z M216 350 H384 V370 H216 Z M216 400 H320 V420 H216 Z")
        + _dots((300, 200), fill=GROUND, radius=17)
    )


SHAPES: dict[str, Callable[[_Palette], str]] = {
    "shoe": _shoe,
    "boot": _boot,
    "sandal": _sandal,
    "shirt": _shirt,
    "knit": _knit,
    "dress": _dress,
    "trousers": _trousers,
    "jacket": _jacket,
    "bag": _bag,
}
