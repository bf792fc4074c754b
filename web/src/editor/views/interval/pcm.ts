/**
 * AIFF, AIFF-C and Sun/NeXT (.au) recordings as WAV: browsers play none of the three, although all hold the same samples.
 *
 * Formats: Apple, "Audio Interchange File Format" 1.3 and its AIFF-C draft; Sun, audio(5) file format.
 */

/** How samples are stored. `tag`: the format code of a WAV file: 1 integers, 3 floats, 6 A-law, 7 µ-law. */
interface Samples {
  readonly tag: 1 | 3 | 6 | 7;
  readonly bytes: 1 | 2 | 3 | 4 | 8;
  readonly littleEndian: boolean;
  /** 8-bit integers are signed here, unsigned in WAV. */
  readonly signed: boolean;
  readonly channels: number;
  readonly rate: number;
  /** Place of the samples in the file, in bytes. */
  readonly start: number;
  readonly end: number;
}

const MAX_CHANNELS = 64;
/** Bytes that tell the format. */
const HEAD = 12;
const HEADER = 44;
/** The end of an .au file when its writer did not know the length yet. */
const UNKNOWN_LENGTH = 0xffffffff;

/** The same recording in a form that browsers play; `blob` itself when it is of another format or damaged. */
export async function playable(blob: Blob): Promise<Blob> {
  if (formatOf(new DataView(await blob.slice(0, HEAD).arrayBuffer())) === null) return blob;
  const parts = toWav(await blob.arrayBuffer());
  return parts ? new Blob(parts, { type: "audio/wav" }) : blob;
}

/** Header and samples of a WAV file; null when `file` is none of the three formats or damaged. */
export function toWav(file: ArrayBuffer): ArrayBuffer[] | null {
  const view = new DataView(file);
  const format = formatOf(view);
  if (format === null) return null;
  const samples = format === "aiff" ? readAiff(view) : readAu(view);
  return samples && writeWav(view, samples);
}

function formatOf(view: DataView): "aiff" | "au" | null {
  if (view.byteLength < HEAD) return null;
  const magic = text(view, 0);
  if (magic === "FORM" && ["AIFF", "AIFC"].includes(text(view, 8))) return "aiff";
  return magic === ".snd" ? "au" : null;
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
}

const AIFC_KINDS: Record<string, Partial<Pick<Samples, "tag" | "bytes" | "littleEndian" | "signed">>> = {
  NONE: {},
  twos: {},
  sowt: { littleEndian: true },
  "raw ": { signed: false },
  fl32: { tag: 3, bytes: 4 },
  FL32: { tag: 3, bytes: 4 },
  fl64: { tag: 3, bytes: 8 },
  FL64: { tag: 3, bytes: 8 },
  ulaw: { tag: 7, bytes: 1 },
  ULAW: { tag: 7, bytes: 1 },
  alaw: { tag: 6, bytes: 1 },
  ALAW: { tag: 6, bytes: 1 },
};

function readAiff(view: DataView): Samples | null {
  let common: Omit<Samples, "start" | "end"> | null = null;
  let place: { start: number; end: number } | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const [id, size] = [text(view, at), view.getUint32(at + 4)];
    const body = at + 8;
    if (id === "COMM" && body + 18 <= view.byteLength) {
      const kind = AIFC_KINDS[size >= 22 && body + 22 <= view.byteLength ? text(view, body + 18) : "NONE"];
      const bytes = Math.ceil(view.getUint16(body + 6) / 8);
      if (!kind) return null;
      common = {
        tag: 1,
        bytes: bytes as Samples["bytes"],
        littleEndian: false,
        signed: true,
        ...kind,
        channels: view.getUint16(body),
        rate: extended(view, body + 8),
      };
    } else if (id === "SSND" && body + 8 <= view.byteLength) {
      const start = body + 8 + view.getUint32(body);
      place = { start, end: Math.min(body + size, view.byteLength) };
    }
    at = body + size + (size & 1);
  }
  return common && place ? checked({ ...common, ...place }) : null;
}

/** The 80-bit float of a sample rate: 15 bits of exponent, 64 of mantissa with its leading one. */
function extended(view: DataView, at: number): number {
  const exponent = (view.getUint16(at) & 0x7fff) - 16383;
  return Math.round(
    view.getUint32(at + 2) * 2 ** (exponent - 31) + view.getUint32(at + 6) * 2 ** (exponent - 63),
  );
}

const AU_KINDS: Record<number, Pick<Samples, "tag" | "bytes">> = {
  1: { tag: 7, bytes: 1 },
  2: { tag: 1, bytes: 1 },
  3: { tag: 1, bytes: 2 },
  4: { tag: 1, bytes: 3 },
  5: { tag: 1, bytes: 4 },
  6: { tag: 3, bytes: 4 },
  7: { tag: 3, bytes: 8 },
  27: { tag: 6, bytes: 1 },
};

function readAu(view: DataView): Samples | null {
  if (view.byteLength < 24) return null;
  const kind = AU_KINDS[view.getUint32(12)];
  const [start, size] = [view.getUint32(4), view.getUint32(8)];
  const end = size === UNKNOWN_LENGTH ? view.byteLength : Math.min(start + size, view.byteLength);
  if (!kind) return null;
  const [rate, channels] = [view.getUint32(16), view.getUint32(20)];
  return checked({ ...kind, littleEndian: false, signed: true, channels, rate, start, end });
}

function checked(samples: Samples): Samples | null {
  const { bytes, channels, rate, start, end } = samples;
  const frame = bytes * channels;
  const sound =
    [1, 2, 3, 4, 8].includes(bytes) &&
    (bytes !== 8 || samples.tag === 3) &&
    channels >= 1 &&
    channels <= MAX_CHANNELS &&
    rate >= 1 &&
    rate < 2 ** 32 &&
    end - start >= frame;
  return sound ? { ...samples, end: start + Math.floor((end - start) / frame) * frame } : null;
}

function writeWav(view: DataView, samples: Samples): ArrayBuffer[] {
  const { tag, channels, rate } = samples;
  const data = tag === 3 && samples.bytes === 8 ? asFloats(view, samples) : reordered(view, samples);
  const bytes = Math.min(samples.bytes, 4);
  const header = new DataView(new ArrayBuffer(HEADER));
  const word = (at: number, name: string) => {
    for (let i = 0; i < 4; i++) header.setUint8(at + i, name.charCodeAt(i));
  };
  word(0, "RIFF");
  header.setUint32(4, HEADER - 8 + data.byteLength, true);
  word(8, "WAVE");
  word(12, "fmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, tag, true);
  header.setUint16(22, channels, true);
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * channels * bytes, true);
  header.setUint16(32, channels * bytes, true);
  header.setUint16(34, bytes * 8, true);
  word(36, "data");
  header.setUint32(40, data.byteLength, true);
  return [header.buffer, data];
}

/** Browsers read floats of 32 bits only. */
function asFloats(view: DataView, { start, end, littleEndian }: Samples): ArrayBuffer {
  const out = new DataView(new ArrayBuffer((end - start) / 2));
  for (let at = start, to = 0; at < end; at += 8, to += 4) {
    out.setFloat32(to, view.getFloat64(at, littleEndian), true);
  }
  return out.buffer;
}

function reordered(view: DataView, { tag, bytes, littleEndian, signed, start, end }: Samples): ArrayBuffer {
  const out = new Uint8Array(end - start);
  out.set(new Uint8Array(view.buffer, view.byteOffset + start, end - start));
  if (bytes === 1) {
    if (tag === 1 && signed) for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) ^ 0x80;
  } else if (!littleEndian) {
    for (let at = 0; at < out.length; at += bytes) out.subarray(at, at + bytes).reverse();
  }
  return out.buffer;
}
