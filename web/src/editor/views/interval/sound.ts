/** Getting a recording: bytes for the waveform when the server lets us read them, playback in any case. */

export interface Decoded {
  readonly channels: readonly Float32Array[];
  readonly sampleRate: number;
  readonly duration: number;
}

/** Above this many bytes a recording is played but not decoded: its samples would fill the memory. */
const MAX_DECODE_BYTES = 300 * 1024 * 1024;

export class TooLarge extends Error {}

/** The server answered, but not with the recording. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

/** The whole file; reports the share that has arrived (0-1) when the server tells the size. */
export async function fetchSound(
  url: string,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<Blob> {
  const response = await fetch(url, { signal, credentials: "same-origin" });
  if (!response.ok) throw new Refused(response.status);
  const total = Number(response.headers.get("content-length") ?? 0);
  if (total > MAX_DECODE_BYTES) {
    await response.body?.cancel();
    throw new TooLarge();
  }
  const type = response.headers.get("content-type") ?? "";
  if (!response.body) return response.blob();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    received += value.length;
    if (received > MAX_DECODE_BYTES) {
      await reader.cancel();
      throw new TooLarge();
    }
    if (total > 0) progress(received / total);
  }
  return new Blob(chunks, { type });
}

/** Samples at a reduced rate: enough for a picture, a fraction of the memory. */
export async function decodeSound(blob: Blob, sampleRate: number): Promise<Decoded> {
  const context = new OfflineAudioContext(1, 1, sampleRate);
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  return { channels, sampleRate: buffer.sampleRate, duration: buffer.duration };
}

/** Length of the recording once the player knows it; rejects when it cannot be played. */
export function playerDuration(player: HTMLAudioElement): Promise<number> {
  return new Promise((resolve, reject) => {
    let searching = false;
    const settle = () => {
      if (Number.isFinite(player.duration) && player.duration > 0) {
        if (searching) player.currentTime = 0;
        resolve(player.duration);
      } else if (player.duration === Number.POSITIVE_INFINITY && !searching) {
        // Recordings made in a browser do not tell their length before their end was reached once.
        searching = true;
        player.currentTime = 1e7;
      }
    };
    player.addEventListener("loadedmetadata", settle);
    player.addEventListener("durationchange", settle);
    player.addEventListener("error", () => reject(new Error("not playable")), { once: true });
    if (player.readyState > 0) settle();
  });
}
