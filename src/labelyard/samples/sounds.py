"""Computed sounds for the audio project: birds, bells, engines and murmured speech at known times."""

import array
import io
import math
import sys
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

RATE = 16_000  # Hz, mono, 16 bit
_TURN = 2 * math.pi


@dataclass(frozen=True, slots=True)
class Event:
    label: str
    start: float  # seconds
    end: float
    variant: int = 0  # another bird, bell, engine or speaker


@dataclass(frozen=True, slots=True)
class Clip:
    name: str  # also the file name without suffix
    seconds: float
    events: tuple[Event, ...]
    seed: int
    noise: float = 0.006  # level of the background, full scale = 1


CLIPS: tuple[Clip, ...] = (
    Clip("garden", 5.0, (Event("Bird", 0.6, 1.7), Event("Bird", 2.1, 2.9, 1), Event("Bird", 3.5, 4.5)), 1, 0.008),
    Clip("church-tower", 7.0, (Event("Bell", 0.5, 2.5), Event("Bell", 2.5, 4.5), Event("Bell", 4.5, 6.7)), 2),
    Clip("car-park", 6.0, (Event("Engine", 0.8, 3.6), Event("Speech", 4.1, 5.5)), 3, 0.01),
    Clip("front-door", 5.0, (Event("Bell", 0.4, 1.6, 1), Event("Speech", 2.0, 3.3, 1), Event("Speech", 3.5, 4.7)), 4),
    Clip("morning-square", 6.5, (Event("Bell", 0.3, 2.3), Event("Bird", 2.7, 3.6, 1), Event("Speech", 4.2, 6.0, 1)), 5),
    Clip("lane", 6.0, (Event("Bird", 0.4, 1.3), Event("Engine", 1.8, 4.6, 1), Event("Bird", 4.9, 5.7, 1)), 6, 0.012),
    Clip("station", 5.5, (Event("Bell", 0.3, 1.3, 1), Event("Speech", 1.6, 4.2, 1)), 7, 0.014),
    Clip("workshop", 4.5, (Event("Engine", 0.5, 2.2), Event("Engine", 2.6, 4.2, 1)), 8, 0.01),
)  # fmt: skip

# One of each, 8 s: what sample tasks of any audio config play.
EACH = Clip(
    "sample", 8.0, (Event("Bell", 0.4, 2.2), Event("Bird", 2.6, 3.6), Event("Engine", 3.8, 5.8, 1), Event("Speech", 6.0, 7.6, 1)), 9
)  # fmt: skip


@cache
def wav(clip: Clip) -> bytes:
    """The clip as a WAV file: mono, 16 kHz, 16 bit."""
    random = Random(clip.seed)  # noqa: S311 - a sound, no secret
    level = _background(round(clip.seconds * RATE), clip.noise, random)
    for event in clip.events:
        first = round(event.start * RATE)
        for at, value in enumerate(_MAKERS[event.label](event, random), start=first):
            level[at] += value
    samples = array.array("h", [int(max(-1.0, min(1.0, value)) * 32_000) for value in level])
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _background(count: int, noise: float, random: Random) -> list[float]:
    """Quiet, even noise; bytes of one draw are the samples."""
    table = [(byte - 127.5) / 127.5 * noise for byte in range(256)]
    return [table[byte] for byte in random.randbytes(count)]


def _fade(position: float, rise: float = 0.1) -> float:
    """Envelope of a sound over its position from 0 to 1."""
    return min(1.0, position / rise, (1 - position) / rise)


def _bird(event: Event, random: Random) -> Iterator[float]:
    """Chirps: tones that glide; the second bird trills."""
    low, rise, length, gap = ((2400, 1500, 0.14, 0.09), (3600, -700, 0.055, 0.03))[event.variant]
    left = round((event.end - event.start) * RATE)
    while left > 0:
        count = min(left, round(length * random.uniform(0.9, 1.15) * RATE))
        base, phase = low * random.uniform(0.95, 1.08), 0.0
        for number in range(count):
            position = number / count
            phase += _TURN * (base + rise * position) / RATE
            yield 0.34 * math.sin(math.pi * position) * math.sin(phase)
        left -= count
        pause = min(left, round(gap * random.uniform(0.7, 1.5) * RATE))
        yield from (0.0 for _ in range(pause))
        left -= pause


def _bell(event: Event, random: Random) -> Iterator[float]:
    """A struck bell: partials that die away one after the other; the second is a small door bell of two notes."""
    count = round((event.end - event.start) * RATE)
    if event.variant:
        half = count // 2
        yield from _strike(880.0, half, 5.0)
        yield from _strike(698.0, count - half, 5.0)
    else:
        yield from _strike(262.0 * random.uniform(0.995, 1.005), count, 2.0)


def _strike(tone: float, count: int, decay: float) -> Iterator[float]:
    """Each partial is a damped oscillator: two multiplications a sample."""
    partials = []
    for ratio, strength, speed in (
        (0.5, 0.5, 0.7),
        (1.0, 1.0, 1.0),
        (1.19, 0.55, 1.3),
        (2.0, 0.5, 1.8),
        (2.66, 0.3, 2.6),
    ):
        turn, keep = _TURN * tone * ratio / RATE, math.exp(-decay * speed / RATE)
        partials.append([2 * keep * math.cos(turn), -keep * keep, 0.0, 0.16 * strength * math.sin(turn)])
    for number in range(count):
        value = 0.0
        for partial in partials:
            forward, back, before, now = partial
            value += now
            partial[2], partial[3] = now, forward * now + back * before
        yield value * min(1.0, (count - number) / 800)


def _engine(event: Event, random: Random) -> Iterator[float]:
    """The beat of cylinders: one turn repeated with a wandering speed; the second passes by."""
    count = round((event.end - event.start) * RATE)
    size = 512
    turn = [
        sum(math.sin(_TURN * part * step / size + part * part) / part for part in (1, 2, 3, 4, 6, 8, 12))
        * 0.16
        for step in range(size)
    ]
    place, speed = 0.0, (34.0, 58.0)[event.variant] * size / RATE
    wander = 1.0
    for number in range(count):
        position = number / count
        if number % 160 == 0:
            wander += (random.uniform(0.97, 1.03) - wander) * 0.3
        if event.variant:
            loud, pitch = math.sin(math.pi * position) ** 2, 1.08 - 0.16 * position
        else:
            loud, pitch = 0.75 * _fade(position, 0.06), min(1.0, 0.6 + position * 4)
        place += speed * pitch * wander
        yield turn[int(place) % size] * loud


_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (390, 1990, 2550),
    (570, 840, 2410),
    (300, 870, 2240),
)  # formants, Hz


def _speech(event: Event, random: Random) -> Iterator[float]:
    """A murmur: the pulse of a voice through the resonances of vowels, a breath of noise between the syllables."""
    pitch = (118.0, 196.0)[event.variant]
    left = round((event.end - event.start) * RATE)
    while left > 0:
        hiss = min(left, round(random.uniform(0.03, 0.06) * RATE))
        yield from (
            0.05 * random.uniform(-1, 1) * math.sin(math.pi * number / hiss) for number in range(hiss)
        )
        left -= hiss
        count = min(left, round(random.uniform(0.12, 0.22) * RATE))
        yield from _vowel(random.choice(_VOWELS), pitch * random.uniform(0.9, 1.12), count)
        left -= count


def _vowel(formants: tuple[int, ...], pitch: float, count: int) -> Iterator[float]:
    resonators = []
    for formant, width in zip(formants, (70, 100, 140), strict=True):
        keep = math.exp(-math.pi * width / RATE)
        resonators.append([2 * keep * math.cos(_TURN * formant / RATE), -keep * keep, 0.0, 0.0, 1 - keep])
    phase = 1.0
    for number in range(count):
        position = number / max(1, count)
        phase += pitch * (1.06 - 0.12 * position) / RATE
        pulse = 0.0
        if phase >= 1:
            phase -= 1
            pulse = 9.0
        value = 0.0
        for resonator in resonators:
            forward, back, before, now, gain = resonator
            following = forward * now + back * before + gain * pulse
            resonator[2], resonator[3] = now, following
            value += following
        yield value * 0.32 * _fade(position, 0.2)


_MAKERS: dict[str, Callable[[Event, Random], Iterator[float]]] = {
    "Bird": _bird,
    "Bell": _bell,
    "Engine": _engine,
    "Speech": _speech,
}
