"""Drawn street scenes for the image project: the same seed gives the same picture and the same boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random

from labelyard.samples.canvas import Blank, Canvas, Colour, mix
from labelyard.samples.things import LAMP, Box, Light, car, house, person, tree

WIDTH, HEIGHT = 640, 480  # pixels
Thing = tuple[str, Box]  # label, box


@dataclass(frozen=True, slots=True)
class Scene:
    name: str  # also the file name without suffix
    place: str  # "street", "park" or "sea"
    seed: int
    sky: tuple[Colour, Colour]
    light: Light = field(default_factory=Light)
    sun: tuple[float, float, Colour] | None = None  # x, y, colour
    ground: Colour = (148, 176, 120)
    weather: str = ""  # "", "rain" or "snow"


_WINTER = Light(tint=(214, 226, 240), strength=0.18, snow=True, leaves=((112, 136, 124), (96, 124, 120)))
_NIGHT = Light(tint=(26, 34, 74), strength=0.58, night=True)
_DUSK = Light(tint=(232, 120, 96), strength=0.2)
_AUTUMN = Light(tint=(250, 220, 170), strength=0.1, leaves=((206, 128, 56), (186, 92, 52), (222, 170, 70)))
_RAIN = Light(tint=(120, 134, 152), strength=0.34)

SCENES: tuple[Scene, ...] = (
    Scene("street-morning", "street", 11, ((150, 198, 232), (252, 228, 200)), sun=(108, 96, (255, 236, 170))),
    Scene("street-noon", "street", 5, ((98, 172, 226), (204, 232, 246)), sun=(532, 74, (255, 244, 196))),
    Scene("park-pond", "park", 3, ((120, 186, 228), (222, 238, 240)), sun=(90, 80, (255, 244, 196))),
    Scene("street-dusk", "street", 23, ((92, 84, 140), (252, 172, 120)), _DUSK, (470, 232, (255, 214, 140))),
    Scene("sea-front", "sea", 8, ((110, 184, 230), (232, 240, 236)), sun=(546, 88, (255, 244, 196))),
    Scene("street-night", "street", 31, ((14, 18, 48), (52, 58, 104)), _NIGHT, (120, 84, (238, 238, 220))),
    Scene("park-autumn", "park", 17, ((168, 196, 214), (246, 226, 190)), _AUTUMN, (520, 96, (255, 236, 180)), (190, 170, 96)),
    Scene("street-snow", "street", 42, ((168, 186, 206), (226, 232, 238)), _WINTER, None, (236, 241, 246), "snow"),
    Scene("street-rain", "street", 57, ((104, 118, 136), (168, 178, 186)), _RAIN, None, (116, 138, 108), "rain"),
    Scene("sea-evening", "sea", 64, ((104, 96, 156), (255, 190, 140)), _DUSK, (190, 214, (255, 220, 150)), (222, 190, 150)),
)  # fmt: skip


@cache
def png(scene: Scene) -> bytes:
    """The scene as a PNG file of 640 × 480 pixels."""
    canvas = Canvas(WIDTH, HEIGHT)
    _draw(canvas, scene)
    return canvas.png()


def boxes(scene: Scene) -> tuple[Thing, ...]:
    """Label and box (pixels) of everything in the scene, what is in front last."""
    return tuple((label, _cut(box)) for label, box in _draw(Blank(WIDTH, HEIGHT), scene))


def _draw(canvas: Canvas, scene: Scene) -> list[Thing]:
    random = Random(scene.seed)  # noqa: S311 - a drawing, no secret
    canvas.gradient(0, 300, *scene.sky)
    _heaven(canvas, scene, random)
    things = _PLACES[scene.place](canvas, scene, random)
    _weather(canvas, scene, random)
    return things


def _cut(box: Box) -> Box:
    x, y, width, height = box
    left, top = max(0.0, x), max(0.0, y)
    return left, top, min(WIDTH, x + width) - left, min(HEIGHT, y + height) - top


# --- places -------------------------------------------------------------------------------------------------------


def _street(canvas: Canvas, scene: Scene, random: Random) -> list[Thing]:
    light = scene.light
    _hills(canvas, scene, random, 262)
    canvas.gradient(284, 320, light.on(scene.ground), light.on(mix(scene.ground, (70, 90, 60), 0.25)))
    things: list[Thing] = []
    behind: list[float] = []
    x = random.uniform(-30, 24)
    while x < WIDTH - 50:
        width = random.choice((92, 108, 128, 150))
        if random.random() < 0.22:
            behind.append(x + 40)
            things.append(("Tree", tree(canvas, light, random, x + 40, 314, random.uniform(110, 140))))
            x += 84
            continue
        height = random.choice((76, 104, 104, 132)) + random.uniform(-6, 6)
        things.append(("House", house(canvas, light, random, x, 314, width, height)))
        x += width + random.uniform(14, 30)
    _road(canvas, scene, random)
    things += [
        ("Tree", tree(canvas, light, random, x, 336, random.uniform(92, 122)))
        for x in _apart(random, random.randint(2, 3), 60, WIDTH - 60, 110, behind)
    ]
    things += [
        ("Person", person(canvas, light, random, x, 342, random.uniform(54, 62)))
        for x in _apart(random, random.randint(1, 3), 40, WIDTH - 40, 70)
    ]
    things += [
        ("Car", car(canvas, light, random, x, 384, random.uniform(112, 128), right=False))
        for x in _apart(random, random.randint(1, 2), 20, WIDTH - 130, 170)
    ]
    things += [
        ("Car", car(canvas, light, random, x, 432, random.uniform(138, 158), right=True))
        for x in _apart(random, random.randint(1, 2), -30, WIDTH - 130, 210)
    ]
    things += [
        ("Person", person(canvas, light, random, x, 473, random.uniform(98, 116)))
        for x in _apart(random, random.randint(0, 2), 60, WIDTH - 60, 110)
    ]
    return things


def _park(canvas: Canvas, scene: Scene, random: Random) -> list[Thing]:
    light = scene.light
    _hills(canvas, scene, random, 236)
    grass = light.on(scene.ground)
    canvas.gradient(258, HEIGHT, mix(grass, (240, 245, 220), 0.2), mix(grass, (40, 80, 50), 0.25))
    things: list[Thing] = [
        ("House", house(canvas, light, random, random.uniform(60, 460), 276, 104, 54)),
    ]
    things += [
        ("Tree", tree(canvas, light, random, x, 290, random.uniform(86, 116)))
        for x in _apart(random, 3, 20, WIDTH - 20, 130)
    ]
    water = light.on((126, 182, 206))
    pond = random.uniform(190, 420)
    canvas.ellipse(pond, 344, 158, 32, mix(grass, (90, 90, 60), 0.4))
    canvas.ellipse(pond, 342, 152, 29, water)
    for _ in range(7):
        x, y = pond + random.uniform(-105, 80), 342 + random.uniform(-18, 16)
        canvas.rounded(x, y, random.uniform(18, 44), 2, 1, (255, 255, 255), 0.4)
    path = light.on((226, 208, 174))
    canvas.polygon([(0, 398), (WIDTH, 384), (WIDTH, 424), (0, 446)], path)
    canvas.polygon([(0, 442), (WIDTH, 420), (WIDTH, 425), (0, 448)], (60, 50, 40), 0.12)
    _bench(canvas, light, random.uniform(60, 520), 392)
    things += [
        ("Person", person(canvas, light, random, x, random.uniform(408, 424), random.uniform(84, 96)))
        for x in _apart(random, 3, 160, WIDTH - 160, 90)
    ]
    things += [
        ("Tree", tree(canvas, light, random, x, 466, random.uniform(216, 256)))
        for x in (random.uniform(20, 90), random.uniform(550, 620))
    ]
    return things


def _sea(canvas: Canvas, scene: Scene, random: Random) -> list[Thing]:
    light = scene.light
    canvas.gradient(214, 300, light.on((88, 156, 190)), light.on((150, 206, 214)))
    for _ in range(26):
        y = random.uniform(222, 292)
        canvas.rounded(
            random.uniform(-10, WIDTH),
            y,
            random.uniform(14, 20 + (y - 214) / 2),
            1.8,
            1,
            (255, 255, 255),
            0.38,
        )
    for x in _apart(random, 2, 70, WIDTH - 70, 180):
        _boat(canvas, light, x, random.uniform(240, 268))
    sand = light.on((238, 216, 170))
    canvas.gradient(296, 316, mix(sand, (255, 255, 255), 0.2), sand)
    things: list[Thing] = []
    x = random.uniform(20, 60)
    for _ in range(3):
        width = random.uniform(70, 86)
        things.append(("House", house(canvas, light, random, x, 315, width, random.uniform(52, 60))))
        x += width + random.uniform(56, 120)
    _road(canvas, scene, random)
    things += [
        ("Tree", tree(canvas, light, random, x, 342, random.uniform(96, 118)))
        for x in _apart(random, 2, 40, WIDTH - 40, 200)
    ]
    things += [
        ("Person", person(canvas, light, random, x, 344, random.uniform(56, 64)))
        for x in _apart(random, 3, 40, WIDTH - 40, 80)
    ]
    things.append(("Car", car(canvas, light, random, random.uniform(20, 480), 384, 118, right=False)))
    things.append(("Car", car(canvas, light, random, random.uniform(20, 460), 432, 148, right=True)))
    things.append(("Person", person(canvas, light, random, random.uniform(60, 580), 473, 112)))
    return things


_PLACES: dict[str, Callable[[Canvas, Scene, Random], list[Thing]]] = {
    "street": _street,
    "park": _park,
    "sea": _sea,
}


# --- what has no label --------------------------------------------------------------------------------------------


def _heaven(canvas: Canvas, scene: Scene, random: Random) -> None:
    if scene.light.night:
        for _ in range(70):
            size = random.uniform(0.5, 1.3)
            canvas.ellipse(random.uniform(0, WIDTH), random.uniform(0, 200), size, size, (255, 255, 240), 0.8)
    if scene.sun is not None:
        x, y, colour = scene.sun
        for radius in (96, 82, 69, 57, 46, 37):
            canvas.ellipse(x, y, radius, radius, colour, 0.075)
        canvas.ellipse(x, y, 30, 30, colour)
        if scene.light.night:
            canvas.ellipse(x + 9, y - 6, 6, 6, mix(colour, (120, 120, 130), 0.3))
            canvas.ellipse(x - 10, y + 8, 4, 4, mix(colour, (120, 120, 130), 0.3))
    cloud = mix(mix((255, 255, 255), scene.sky[1], 0.2), scene.sky[0], 0.82 if scene.light.night else 0.28)
    for x in _apart(random, 4, 30, WIDTH - 30, 130):
        y, size = random.uniform(40, 150), random.uniform(15, 26)
        for across, up, part in ((-1.5, 0.0, 0.62), (-0.5, 0.42, 0.95), (0.7, 0.25, 0.8), (1.7, 0.0, 0.55)):
            canvas.ellipse(x + across * size, y - up * size, size * part * 1.3, size * part * 0.72, cloud)
        canvas.rounded(x - size * 2.4, y, size * 5, size * 0.46, size * 0.23, cloud)


def _hills(canvas: Canvas, scene: Scene, random: Random, top: float) -> None:
    for step, share in ((0, 0.62), (1, 0.4)):
        colour = mix(scene.light.on(mix(scene.ground, (74, 110, 104), 0.5)), scene.sky[1], share)
        for _ in range(4):
            x, wide = random.uniform(0, WIDTH), random.uniform(150, 260)
            canvas.ellipse(x, top + 44 + step * 12, wide, random.uniform(44, 80) - step * 14, colour)
    colour = mix(scene.light.on(mix(scene.ground, (74, 110, 104), 0.4)), scene.sky[1], 0.3)
    canvas.rectangle(0, top + 22, WIDTH, 30, colour)


def _road(canvas: Canvas, scene: Scene, random: Random) -> None:
    light = scene.light
    asphalt = light.on((196, 204, 214)) if scene.weather == "snow" else light.on((104, 106, 114))
    kerb, walk = light.on((214, 208, 200)), light.on((196, 188, 180))
    canvas.gradient(314, 346, mix(walk, (255, 255, 255), 0.12), walk)
    for x in range(-40, WIDTH + 40, 42):
        canvas.line((x + 12, 314), (x - 6, 346), 1.2, (60, 50, 50), 0.12)
    canvas.rectangle(0, 346, WIDTH, 5, kerb)
    canvas.gradient(351, 442, mix(asphalt, (255, 255, 255), 0.06), mix(asphalt, (20, 20, 30), 0.14))
    for x in range(random.randint(-50, 0), WIDTH, 74):
        canvas.polygon(
            [(x + 6, 391), (x + 44, 391), (x + 40, 395), (x, 395)], light.on((244, 240, 226)), 0.85
        )
    canvas.rectangle(0, 442, WIDTH, 6, kerb)
    canvas.gradient(448, HEIGHT, mix(walk, (255, 255, 255), 0.06), mix(walk, (60, 50, 50), 0.12))
    for x in range(-60, WIDTH + 60, 58):
        canvas.line((x + 14, 448), (x - 8, HEIGHT), 1.4, (60, 50, 50), 0.14)
    for x in (104, 372, 604):
        _lamp(canvas, light, x)


def _lamp(canvas: Canvas, light: Light, x: float) -> None:
    post = light.on((74, 80, 88))
    canvas.rectangle(x - 1.5, 214, 3, 126, post)
    canvas.rounded(x - 4, 332, 8, 10, 2, post)
    canvas.rounded(x - 7, 206, 14, 9, 4, post)
    if light.night:
        canvas.polygon([(x - 6, 215), (x + 6, 215), (x + 52, 344), (x - 52, 344)], LAMP, 0.13)
        canvas.ellipse(x, 216, 20, 14, LAMP, 0.35)
    canvas.ellipse(x, 215, 5, 4, LAMP if light.night else light.on((244, 240, 220)))


def _bench(canvas: Canvas, light: Light, x: float, base: float) -> None:
    wood, iron = light.on((160, 112, 74)), light.on((70, 74, 80))
    for side in (6, 58):
        canvas.rectangle(x + side, base - 24, 4, 24, iron)
    for up in (30, 22, 13):
        canvas.rounded(x, base - up, 68, 6, 2, wood)


def _boat(canvas: Canvas, light: Light, x: float, base: float) -> None:
    canvas.polygon(
        [(x - 26, base - 8), (x + 28, base - 8), (x + 18, base + 3), (x - 18, base + 3)],
        light.on((120, 78, 62)),
    )
    canvas.rectangle(x - 1, base - 58, 2, 50, light.on((90, 76, 66)))
    canvas.polygon([(x + 2, base - 56), (x + 2, base - 12), (x + 26, base - 12)], light.on((252, 250, 244)))
    canvas.polygon([(x - 3, base - 48), (x - 3, base - 12), (x - 20, base - 12)], light.on((236, 226, 214)))


def _weather(canvas: Canvas, scene: Scene, random: Random) -> None:
    if scene.weather == "snow":
        for _ in range(170):
            size = random.uniform(0.9, 2.5)
            canvas.ellipse(
                random.uniform(0, WIDTH), random.uniform(0, HEIGHT), size, size, (255, 255, 255), 0.85
            )
    elif scene.weather == "rain":
        for _ in range(150):
            x, y, length = random.uniform(0, WIDTH + 40), random.uniform(-20, HEIGHT), random.uniform(12, 26)
            canvas.line((x, y), (x - length * 0.3, y + length), 1.1, (226, 234, 242), 0.42)
        for _ in range(14):
            x, y = random.uniform(0, WIDTH), random.uniform(356, 436)
            canvas.ellipse(x, y, random.uniform(16, 40), 2.6, (214, 224, 234), 0.22)


def _apart(
    random: Random, count: int, low: float, high: float, gap: float, taken: Sequence[float] = ()
) -> list[float]:
    """Up to `count` places between `low` and `high`, none nearer than `gap` to another or to one that is taken."""
    places: list[float] = []
    for _ in range(60):
        if len(places) == count:
            break
        place = random.uniform(low, high)
        if all(abs(place - other) >= gap for other in (*places, *taken)):
            places.append(place)
    return sorted(places)
