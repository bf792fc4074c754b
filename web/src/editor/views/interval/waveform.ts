/**
 * Peaks of a recording at several resolutions, and the painting of the visible part.
 *
 * Drawn by us: the usual waveform library lays itself out with an inline style sheet, which the content security
 * policy (`style-src 'self'`) forbids, and brings a scroll and zoom of its own beside the one that regions follow.
 */
import type { TimeWindow } from "./timeline";

/** Highest and lowest sample of each block, interleaved [min, max, min, max, …]. */
interface Level {
  readonly samples: number;
  readonly extremes: Float32Array;
}

export interface Peaks {
  readonly sampleRate: number;
  readonly length: number;
  readonly channels: readonly (readonly Level[])[];
  /** Largest magnitude of all channels, for scaling quiet recordings up. */
  readonly loudest: number;
}

const FIRST_BLOCK = 16;
const FACTOR = 4;

/** Reads each sample once; every further level is made from the one before. */
export function buildPeaks(channels: readonly Float32Array[], sampleRate: number): Peaks {
  let loudest = 0;
  const all = channels.map((samples) => {
    const levels = [baseLevel(samples)];
    let last = levels[0] as Level;
    while (last.extremes.length > 2 * 512) {
      last = coarser(last);
      levels.push(last);
    }
    for (const value of last.extremes) loudest = Math.max(loudest, Math.abs(value));
    return levels;
  });
  return { sampleRate, length: channels[0]?.length ?? 0, channels: all, loudest };
}

function baseLevel(samples: Float32Array): Level {
  const count = Math.ceil(samples.length / FIRST_BLOCK);
  const extremes = new Float32Array(count * 2);
  for (let block = 0; block < count; block++) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    const end = Math.min(samples.length, (block + 1) * FIRST_BLOCK);
    for (let i = block * FIRST_BLOCK; i < end; i++) {
      const value = samples[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    extremes[block * 2] = min;
    extremes[block * 2 + 1] = max;
  }
  return { samples: FIRST_BLOCK, extremes };
}

function coarser(level: Level): Level {
  const count = Math.ceil(level.extremes.length / 2 / FACTOR);
  const extremes = new Float32Array(count * 2);
  for (let block = 0; block < count; block++) {
    const [min, max] = range(level, block * FACTOR, (block + 1) * FACTOR);
    extremes[block * 2] = min;
    extremes[block * 2 + 1] = max;
  }
  return { samples: level.samples * FACTOR, extremes };
}

function range(level: Level, from: number, to: number): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const end = Math.min(to, level.extremes.length / 2);
  for (let i = from; i < end; i++) {
    min = Math.min(min, level.extremes[i * 2] as number);
    max = Math.max(max, level.extremes[i * 2 + 1] as number);
  }
  return min > max ? [0, 0] : [min, max];
}

/** Lowest and highest sample of channel between two times (seconds). */
export function extremesBetween(peaks: Peaks, channel: number, start: number, end: number): [number, number] {
  const levels = peaks.channels[channel];
  if (!levels?.[0]) return [0, 0];
  const from = Math.max(0, start * peaks.sampleRate);
  const to = Math.max(from + 1, end * peaks.sampleRate);
  const level = levels.findLast((candidate) => candidate.samples <= (to - from) / 2) ?? levels[0];
  const first = Math.floor(from / level.samples);
  return range(level, first, Math.max(first + 1, Math.ceil(to / level.samples)));
}

export interface WaveOptions {
  readonly top: number;
  readonly height: number;
  readonly color: string;
  readonly axis: string;
  /** One lane a channel; else the channels are laid over each other. */
  readonly split: boolean;
  /** Vertical factor on top of the scaling to the loudest sample. */
  readonly gain: number;
}

export function paintWave(
  ctx: CanvasRenderingContext2D,
  peaks: Peaks,
  w: TimeWindow,
  options: WaveOptions,
): void {
  const lanes = options.split ? peaks.channels.length : 1;
  const lane = options.height / lanes;
  const gain = (options.gain * 0.92) / Math.max(peaks.loudest, 0.05);
  ctx.fillStyle = options.axis;
  for (let i = 0; i < lanes; i++) ctx.fillRect(0, Math.round(options.top + lane * (i + 0.5)), w.width, 1);
  ctx.fillStyle = options.color;
  for (let channel = 0; channel < peaks.channels.length; channel++) {
    const middle = options.top + lane * ((options.split ? channel : 0) + 0.5);
    ctx.beginPath();
    for (let x = 0; x < w.width; x++) {
      const start = w.start + x / w.pxPerSecond;
      if (start > w.duration) break;
      const [min, max] = extremesBetween(peaks, channel, start, start + 1 / w.pxPerSecond);
      const high = Math.min(1, max * gain) * (lane / 2 - 1);
      const low = Math.max(-1, min * gain) * (lane / 2 - 1);
      ctx.rect(x, middle - high, 1, Math.max(1, high - low));
    }
    ctx.fill();
  }
}
