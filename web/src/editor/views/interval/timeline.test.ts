import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fft, spectrumAt } from "./spectrogram";
import {
  formatTime,
  moveSpan,
  resizeSpan,
  resizeWindow,
  revealSpan,
  scrollTo,
  ticks,
  toTime,
  toX,
  visibleSpan,
  wholeWindow,
  zoomTime,
} from "./timeline";
import { buildPeaks, extremesBetween } from "./waveform";

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe("time window", () => {
  it("maps time and pixels both ways", () => {
    fc.assert(
      fc.property(real(1, 7200), real(1, 50), real(0, 1), (duration, factor, share) => {
        const w = zoomTime(wholeWindow(duration, 900), 450, factor);
        expect(toTime(w, toX(w, duration * share))).toBeCloseTo(duration * share, 6);
      }),
    );
  });

  it("keeps the time under the pointer when zooming in and never shows more than there is", () => {
    fc.assert(
      fc.property(real(1, 3600), real(0, 900), real(0.2, 8), (duration, x, factor) => {
        const w = zoomTime(wholeWindow(duration, 900), 450, 4);
        const next = zoomTime(w, x, factor);
        const seen = visibleSpan(next);
        expect(seen.start).toBeGreaterThanOrEqual(0);
        expect(seen.end).toBeLessThanOrEqual(duration + 1e-6);
        const inner = seen.start > 1e-9 && seen.end < duration - 1e-9;
        if (inner) expect(toTime(next, x)).toBeCloseTo(toTime(w, x), 6);
      }),
    );
  });

  it("a window that shows everything follows the width", () => {
    expect(resizeWindow(wholeWindow(10, 500), 1000)).toEqual(wholeWindow(10, 1000));
  });

  it("reveals a span with the least scroll", () => {
    const w = zoomTime(wholeWindow(100, 1000), 0, 10);
    expect(revealSpan(w, { start: 2, end: 3 })).toBe(w);
    const seen = visibleSpan(revealSpan(w, { start: 50, end: 52 }));
    expect(seen.start).toBeLessThanOrEqual(50);
    expect(seen.end).toBeGreaterThanOrEqual(52);
    expect(scrollTo(w, 1e9).start).toBeCloseTo(90);
  });
});

describe("ruler", () => {
  it("has labels far enough apart at every zoom", () => {
    fc.assert(
      fc.property(real(0.5, 36000), real(1, 400), (duration, factor) => {
        const w = zoomTime(wholeWindow(duration, 900), 300, factor);
        const labelled = ticks(w).filter((tick) => tick.label !== null);
        for (let i = 1; i < labelled.length; i++) {
          const gap = toX(w, labelled[i]?.time ?? 0) - toX(w, labelled[i - 1]?.time ?? 0);
          expect(gap).toBeGreaterThan(50);
        }
        expect(ticks(w).length).toBeLessThan(200);
      }),
    );
  });

  it("writes times with milliseconds", () => {
    expect(formatTime(83.4)).toBe("1:23.400");
    expect(formatTime(59.9996)).toBe("1:00.000");
    expect(formatTime(3661, 0)).toBe("1:01:01");
  });
});

it("moving and resizing spans stays in the recording", () => {
  fc.assert(
    fc.property(real(0, 5), real(0, 5), real(-20, 20), (a, length, delta) => {
      const span = { start: a, end: a + length };
      const moved = moveSpan(span, delta, 10);
      expect(moved.end - moved.start).toBeCloseTo(length, 9);
      expect(moved.start).toBeGreaterThanOrEqual(-1e-9);
      expect(moved.end).toBeLessThanOrEqual(10 + 1e-9);
      const back = resizeSpan(resizeSpan(span, "end", a + length + 1), "end", a + length);
      expect(back).toEqual(span);
    }),
  );
});

describe("waveform", () => {
  const samples = Float32Array.from(
    { length: 40_000 },
    (_, i) => Math.sin(i / 50) * (i === 20_000 ? 0 : 0.5),
  );
  samples[12_345] = 0.9;

  it("shows the extremes of the samples at every zoom", () => {
    const peaks = buildPeaks([samples], 8000);
    expect(peaks.loudest).toBeCloseTo(0.9);
    fc.assert(
      fc.property(real(0, 4.9), real(0.001, 5), (start, length) => {
        const [min, max] = extremesBetween(peaks, 0, start, start + length);
        const from = Math.floor(start * 8000);
        const to = Math.min(samples.length, Math.ceil((start + length) * 8000));
        const exact = samples.slice(from, to);
        // Blocks may reach over the ends, never fall short of what lies between.
        expect(max).toBeGreaterThanOrEqual(Math.max(...exact) - 1e-6);
        expect(min).toBeLessThanOrEqual(Math.min(...exact) + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it("is flat where there is nothing", () => {
    expect(extremesBetween(buildPeaks([], 8000), 0, 0, 1)).toEqual([0, 0]);
    expect(extremesBetween(buildPeaks([samples], 8000), 0, 99, 100)).toEqual([0, 0]);
  });
});

describe("spectrogram", () => {
  it("finds a tone in its bin", () => {
    const rate = 16_000;
    const tone = Float32Array.from({ length: 4096 }, (_, i) => Math.sin((2 * Math.PI * 2000 * i) / rate));
    const bins = new Float32Array(256);
    spectrumAt(tone, 2048, bins);
    expect(bins.indexOf(Math.max(...bins))).toBe((2000 / rate) * 512);
  });

  it("keeps the energy of the signal", () => {
    const re = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i));
    const energy = re.reduce((sum, v) => sum + v * v, 0);
    const im = new Float32Array(64);
    fft(re, im);
    const after = re.reduce((sum, v, i) => sum + v * v + (im[i] ?? 0) ** 2, 0) / 64;
    expect(after).toBeCloseTo(energy, 3);
  });
});
