/** A spectrogram of the visible part: short-time Fourier transform of one channel, loudness as lightness. */
import type { TimeWindow } from "./timeline";

const FFT_SIZE = 512;
/** Loudness range shown, decibels below full scale. */
const FLOOR_DB = -90;

const hann = Float32Array.from(
  { length: FFT_SIZE },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (FFT_SIZE - 1)),
);

/** In-place radix-2 transform; lengths are a power of two. */
export function fft(re: Float32Array, im: Float32Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] as number, re[i] as number];
      [im[i], im[j]] = [im[j] as number, im[i] as number];
    }
  }
  for (let length = 2; length <= n; length <<= 1) {
    const half = length >> 1;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / length;
      const wr = Math.cos(angle);
      const wi = Math.sin(angle);
      for (let i = k; i < n; i += length) {
        const j = i + half;
        const tr = (re[j] as number) * wr - (im[j] as number) * wi;
        const ti = (re[j] as number) * wi + (im[j] as number) * wr;
        re[j] = (re[i] as number) - tr;
        im[j] = (im[i] as number) - ti;
        re[i] = (re[i] as number) + tr;
        im[i] = (im[i] as number) + ti;
      }
    }
  }
}

/** Loudness 0-1 of each frequency bin (low to high) around a sample. */
export function spectrumAt(samples: Float32Array, center: number, out: Float32Array): void {
  const re = new Float32Array(FFT_SIZE);
  const im = new Float32Array(FFT_SIZE);
  const first = Math.round(center) - FFT_SIZE / 2;
  for (let i = 0; i < FFT_SIZE; i++) re[i] = (samples[first + i] ?? 0) * (hann[i] as number);
  fft(re, im);
  for (let bin = 0; bin < out.length; bin++) {
    const power = ((re[bin] as number) ** 2 + (im[bin] as number) ** 2) / (FFT_SIZE / 4) ** 2;
    const db = 10 * Math.log10(power + 1e-12);
    out[bin] = Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
  }
}

export interface SpectrogramOptions {
  readonly top: number;
  readonly height: number;
  readonly dark: boolean;
}

export function paintSpectrogram(
  ctx: CanvasRenderingContext2D,
  samples: Float32Array,
  sampleRate: number,
  w: TimeWindow,
  options: SpectrogramOptions,
): void {
  const bins = FFT_SIZE / 2;
  const columns = Math.ceil(w.width / 2);
  const image = new ImageData(columns, bins);
  const spectrum = new Float32Array(bins);
  for (let x = 0; x < columns; x++) {
    const time = w.start + (x * 2 + 1) / w.pxPerSecond;
    if (time > w.duration) break;
    spectrumAt(samples, time * sampleRate, spectrum);
    for (let bin = 0; bin < bins; bin++) {
      const at = ((bins - 1 - bin) * columns + x) * 4;
      const level = spectrum[bin] as number;
      const shade = options.dark ? level : 1 - level;
      image.data[at] = 255 * (options.dark ? shade ** 1.4 : shade ** 0.8);
      image.data[at + 1] = 255 * shade ** 1.1 * (options.dark ? 0.9 : 1);
      image.data[at + 2] = 255 * (options.dark ? Math.min(1, shade * 1.15) : Math.min(1, shade * 1.05));
      image.data[at + 3] = 255;
    }
  }
  const buffer = new OffscreenCanvas(columns, bins);
  buffer.getContext("2d")?.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(buffer, 0, options.top, columns * 2, options.height);
}
