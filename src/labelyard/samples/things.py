"""What stands in the drawn scenes: houses, cars, trees and people. Each drawing function returns what it covers."""

from dataclasses import dataclass, field
from random import Random

from labelyard.samples.canvas import Canvas, Colour, mix

Box = tuple[float, float, float, float]  # x, y, width, height in pixels

WALLS: tuple[Colour, ...] = (
    (222, 184, 135), (205, 120, 96), (233, 214, 178), (163, 182, 190), (190, 205, 170), (214, 160, 140), (236, 226, 208),
)  # fmt: skip
ROOFS: tuple[Colour, ...] = ((150, 76, 62), (98, 84, 90), (120, 92, 70), (84, 98, 110))
CARS: tuple[Colour, ...] = (
    (196, 62, 58), (52, 104, 158), (236, 188, 72), (240, 238, 232), (70, 130, 110), (92, 92, 104), (222, 126, 64),
)  # fmt: skip
COATS: tuple[Colour, ...] = (
    (206, 84, 92), (64, 116, 150), (238, 196, 96), (98, 148, 110), (140, 100, 150), (230, 140, 90),
)  # fmt: skip
TROUSERS: tuple[Colour, ...] = ((58, 68, 92), (84, 76, 72), (50, 52, 60), (112, 98, 84))
SKINS: tuple[Colour, ...] = ((244, 208, 180), (222, 176, 140), (176, 124, 90), (118, 80, 58))
HAIRS: tuple[Colour, ...] = ((54, 42, 38), (116, 78, 48), (206, 168, 100), (150, 150, 152), (30, 30, 34))
GLASS: Colour = (168, 200, 216)
LAMP: Colour = (255, 224, 150)


@dataclass(frozen=True, slots=True)
class Light:
    """What the hour and the weather do to colours."""

    tint: Colour = (255, 255, 255)
    strength: float = 0.0
    night: bool = False
    leaves: tuple[Colour, ...] = field(default=((86, 142, 82), (108, 158, 88), (70, 124, 84)))
    snow: bool = False

    def on(self, colour: Colour) -> Colour:
        return mix(colour, self.tint, self.strength)


def house(
    canvas: Canvas, light: Light, random: Random, x: float, base: float, width: float, height: float
) -> Box:
    """A house on the ground line `base`; `height` is that of its walls."""
    wall, roof = light.on(random.choice(WALLS)), light.on(random.choice(ROOFS))
    top = base - height
    rise, eaves = width * random.uniform(0.28, 0.42), width * 0.06
    chimney = x + width * random.choice((0.2, 0.72))
    canvas.rectangle(chimney, top - rise * 0.95, width * 0.09, rise * 0.8, mix(wall, (60, 40, 40), 0.35))
    canvas.polygon([(x - eaves, top), (x + width / 2, top - rise), (x + width + eaves, top)], roof)
    if light.snow:
        white = light.on((246, 249, 252))
        middle, half = x + width / 2, (width / 2 + eaves) * 0.84
        edge = top - rise * 0.16
        canvas.polygon([(middle - half, edge), (middle, top - rise), (middle + half, edge)], white)
    canvas.rectangle(x, top, width, height, wall)
    canvas.rectangle(x + width * 0.82, top, width * 0.18, height, (40, 30, 40), 0.07)
    canvas.rectangle(x, top, width, 3, (40, 30, 40), 0.18)
    _windows(canvas, light, random, x, top, width, height)
    _door(canvas, light, random, x, base, width, height)
    left = x - eaves
    upper = top - rise
    return left, upper, width + 2 * eaves, base - upper


def _windows(
    canvas: Canvas, light: Light, random: Random, x: float, top: float, width: float, height: float
) -> None:
    storeys = max(1, round(height / 52))
    columns = max(2, round(width / 46))
    wide, high = width / columns * 0.46, height / storeys * 0.48
    frame = light.on((250, 246, 238))
    for storey in range(storeys):
        y = top + height / storeys * (storey + 0.24)
        for column in range(columns):
            if storey == storeys - 1 and column == columns // 2:
                continue  # the door is there
            left = x + width / columns * (column + 0.5) - wide / 2
            lit = light.night and random.random() < 0.6
            pane = LAMP if lit else light.on(GLASS)
            canvas.rectangle(left - 2, y - 2, wide + 4, high + 4, frame)
            canvas.rectangle(left, y, wide, high, pane)
            canvas.polygon(
                [(left, y + high), (left, y + high * 0.4), (left + wide * 0.7, y)], (255, 255, 255), 0.16
            )
            canvas.rectangle(left + wide / 2 - 1, y, 2, high, frame)
            canvas.rectangle(left - 3, y + high + 2, wide + 6, 3, mix(frame, (90, 80, 80), 0.25))


def _door(
    canvas: Canvas, light: Light, random: Random, x: float, base: float, width: float, height: float
) -> None:
    columns = max(2, round(width / 46))
    middle = x + width / columns * (columns // 2 + 0.5)
    wide, high = min(24.0, width / columns * 0.56), min(44.0, height * 0.5)
    colour = light.on(random.choice(COATS))
    canvas.rectangle(middle - wide / 2 - 2, base - high - 2, wide + 4, high + 2, light.on((250, 246, 238)))
    canvas.rectangle(middle - wide / 2, base - high, wide, high, mix(colour, (50, 40, 40), 0.3))
    canvas.rectangle(
        middle - wide * 0.3,
        base - high * 0.9,
        wide * 0.6,
        high * 0.3,
        LAMP if light.night else light.on(GLASS),
    )
    canvas.ellipse(middle + wide * 0.3, base - high * 0.45, 1.6, 1.6, light.on((240, 220, 160)))


def tree(canvas: Canvas, light: Light, random: Random, x: float, base: float, height: float) -> Box:
    """A tree around the trunk at `x`."""
    trunk, leaf = light.on((112, 82, 62)), light.on(random.choice(light.leaves))
    canvas.ellipse(x, base, height * 0.2, height * 0.035, (20, 30, 30), 0.22)
    canvas.rectangle(x - height * 0.03, base - height * 0.42, height * 0.06, height * 0.42, trunk)
    if random.random() < 0.3:
        return _fir(canvas, light, leaf, x, base, height)
    radius = height * 0.27
    top = base - height
    puffs = (
        (-0.62, 1.62, 0.72), (0.62, 1.6, 0.72), (0.0, 2.1, 0.86), (-0.34, 1.0, 0.8), (0.38, 1.02, 0.78), (0.0, 1.0, 0.98),
    )  # fmt: skip
    for across, down, size in puffs:
        canvas.ellipse(x + radius * across, top + radius * down, radius * size, radius * size, leaf)
    bright = light.on((246, 249, 252)) if light.snow else mix(leaf, (255, 250, 210), 0.28)
    canvas.ellipse(
        x - radius * 0.3, top + radius * 0.72, radius * 0.5, radius * 0.42, bright, 0.8 if light.snow else 0.6
    )
    canvas.ellipse(
        x - radius * 0.72,
        top + radius * 1.35,
        radius * 0.34,
        radius * 0.26,
        bright,
        0.7 if light.snow else 0.45,
    )
    canvas.ellipse(
        x + radius * 0.55,
        top + radius * 1.95,
        radius * 0.6,
        radius * 0.34,
        mix(leaf, (20, 40, 50), 0.35),
        0.4,
    )
    return x - radius * 1.34, top, radius * 2.68, height


def _fir(canvas: Canvas, light: Light, leaf: Colour, x: float, base: float, height: float) -> Box:
    dark = mix(leaf, (30, 70, 70), 0.4)
    for step in range(4):
        half = height * (0.13 + 0.055 * step)
        upper, lower = base - height + height * 0.19 * step, base - height + height * (0.19 * step + 0.3)
        canvas.polygon([(x, upper), (x + half, lower), (x - half, lower)], mix(dark, leaf, step / 5))
        if light.snow:
            canvas.polygon([(x, upper), (x + half * 0.55, upper + height * 0.16), (x - half * 0.5, upper + height * 0.14)],
                           light.on((246, 249, 252)), 0.9)  # fmt: skip
    half = height * (0.13 + 0.055 * 3)
    return x - half, base - height, half * 2, height


def car(
    canvas: Canvas, light: Light, random: Random, x: float, base: float, length: float, *, right: bool
) -> Box:
    """A car with its wheels on `base`, driving to the right or left."""
    paint = light.on(random.choice(CARS))
    high = length * 0.36
    face = 1 if right else -1
    middle = x + length / 2

    def across(part: float) -> float:
        return middle + face * part * length  # -0.5 = tail, 0.5 = nose

    canvas.ellipse(middle, base, length * 0.52, length * 0.045, (10, 14, 24), 0.35)
    van = random.random() < 0.25
    cabin = (
        [(-0.47, 0.5), (-0.44, 1.0), (0.2, 1.0), (0.36, 0.5)]
        if van
        else [(-0.4, 0.5), (-0.26, 1.0), (0.12, 1.0), (0.3, 0.5)]
    )
    canvas.polygon([(across(part), base - high * up) for part, up in cabin], paint)
    body = base - high * 0.58
    canvas.rounded(x, body, length, high * 0.46, length * 0.07, paint)
    canvas.rounded(x, base - high * 0.3, length, high * 0.18, length * 0.05, mix(paint, (20, 20, 30), 0.25))
    glass = light.on((60, 84, 104)) if light.night else light.on((150, 186, 206))
    panes = (
        [[(0.02, 0.6), (0.02, 0.93), (0.16, 0.93), (0.27, 0.6)]]
        if van
        else [
            [(-0.33, 0.6), (-0.235, 0.93), (-0.08, 0.93), (-0.08, 0.6)],
            [(-0.045, 0.6), (-0.045, 0.93), (0.1, 0.93), (0.22, 0.6)],
        ]
    )
    for pane in panes:
        canvas.polygon([(across(part), base - high * up) for part, up in pane], glass)
    canvas.rectangle(across(-0.06) - 4, body + high * 0.1, 8, 2, mix(paint, (255, 255, 255), 0.5))
    canvas.ellipse(across(0.475), base - high * 0.42, length * 0.022, high * 0.07, (255, 240, 190))
    canvas.ellipse(across(-0.48), base - high * 0.42, length * 0.016, high * 0.07, (200, 40, 40))
    if light.night:
        nose = across(0.49)
        for reach in (0.68, 0.82, 0.96, 1.08):
            far, spread = across(reach), (reach - 0.5) * high * 0.5
            upper, lower = base - high * 0.46 - spread, min(base + 2, base - high * 0.36 + spread * 2.2)
            canvas.polygon([(nose, base - high * 0.46), (far, upper), (far, lower), (nose, base - high * 0.36)],
                           (255, 236, 170), 0.07)  # fmt: skip
    for part in (-0.29, 0.29):
        radius = length * 0.085
        canvas.ellipse(across(part), base - radius, radius, radius, light.on((38, 38, 44)))
        canvas.ellipse(across(part), base - radius, radius * 0.5, radius * 0.5, light.on((180, 184, 190)))
    return x, base - high, length, high


def person(canvas: Canvas, light: Light, random: Random, x: float, base: float, height: float) -> Box:
    """A person who stands or walks on `base`."""
    coat, legs = light.on(random.choice(COATS)), light.on(random.choice(TROUSERS))
    skin, hair = light.on(random.choice(SKINS)), light.on(random.choice(HAIRS))
    stride = height * random.choice((0.03, 0.09, 0.12))
    face = random.choice((-1, 1))
    hip, neck = base - height * 0.47, base - height * 0.8
    canvas.ellipse(x, base, height * 0.2, height * 0.028, (10, 14, 24), 0.28)
    for side in (-1, 1):
        foot = x + side * stride
        canvas.line((x + side * height * 0.03, hip), (foot, base - height * 0.02), height * 0.075, legs)
        canvas.rounded(
            foot - height * 0.035 + face * height * 0.015,
            base - height * 0.035,
            height * 0.08,
            height * 0.035,
            3,
            light.on((40, 36, 40)),
        )
    swing = stride * 0.9 + height * 0.03
    canvas.line(
        (x, neck + height * 0.04), (x - face * swing, hip), height * 0.06, mix(coat, (20, 20, 40), 0.28)
    )
    canvas.rounded(x - height * 0.095, neck, height * 0.19, height * 0.37, height * 0.07, coat)
    canvas.line(
        (x, neck + height * 0.05),
        (x + face * swing, hip - height * 0.01),
        height * 0.055,
        mix(coat, (20, 20, 40), 0.14),
    )
    canvas.ellipse(x + face * swing, hip, height * 0.028, height * 0.028, skin)
    canvas.rectangle(
        x - height * 0.025, neck - height * 0.03, height * 0.05, height * 0.05, mix(skin, (120, 70, 60), 0.3)
    )
    middle, radius = neck - height * 0.1, height * 0.078
    canvas.ellipse(x - face * height * 0.008, middle - height * 0.016, radius * 1.12, radius * 1.14, hair)
    canvas.ellipse(x + face * height * 0.016, middle + height * 0.008, radius * 0.88, radius * 0.98, skin)
    half = max(stride + height * 0.055, swing + height * 0.03, height * 0.1)
    upper = middle - height * 0.016 - radius * 1.14
    return x - half, upper, half * 2, base - upper
