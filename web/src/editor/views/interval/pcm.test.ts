import { describe, expect, it } from "vitest";
import { toWav } from "./pcm";

const fileOf = (bytes: number[]): ArrayBuffer => new Uint8Array(bytes).buffer;
const ascii = (text: string) => [...text].map((char) => char.charCodeAt(0));
const u16 = (value: number) => [value >> 8, value & 255];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const chunk = (id: string, body: number[]) => [
  ...ascii(id),
  ...u32(body.length),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
/** 8000 as the 80-bit float of an AIFF header. */
const RATE_8000 = [0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0];

function aiff(bits: number, sound: number[], kind?: string, channels = 1): ArrayBuffer {
  const frames = sound.length / (bits / 8) / channels;
  const common = [
    ...u16(channels),
    ...u32(frames),
    ...u16(bits),
    ...RATE_8000,
    ...(kind ? [...ascii(kind), 0, 0] : []),
  ];
  const body = [
    ...ascii(kind ? "AIFC" : "AIFF"),
    ...chunk("NAME", ascii("odd")),
    ...chunk("COMM", common),
    ...chunk("SSND", [...u32(0), ...u32(0), ...sound]),
  ];
  return fileOf([...ascii("FORM"), ...u32(body.length), ...body]);
}

const au = (encoding: number, sound: number[], size = sound.length, channels = 1) =>
  fileOf([
    ...ascii(".snd"),
    ...u32(28),
    ...u32(size),
    ...u32(encoding),
    ...u32(8000),
    ...u32(channels),
    ...u32(0),
    ...sound,
  ]);

function wav(file: ArrayBuffer) {
  const view = new DataView(
    new Uint8Array((toWav(file) ?? []).flatMap((part) => [...new Uint8Array(part)])).buffer,
  );
  expect(view.getUint32(0)).toBe(0x52494646);
  expect(view.getUint32(4, true)).toBe(view.byteLength - 8);
  expect(view.getUint32(40, true)).toBe(view.byteLength - 44);
  return {
    tag: view.getUint16(20, true),
    channels: view.getUint16(22, true),
    rate: view.getUint32(24, true),
    bits: view.getUint16(34, true),
    data: [...new Uint8Array(view.buffer, 44)],
    view,
  };
}

describe("AIFF", () => {
  it("turns the bytes of 16 and 24 bits round", () => {
    expect(wav(aiff(16, [1, 2, 3, 4]))).toMatchObject({
      tag: 1,
      channels: 1,
      rate: 8000,
      bits: 16,
      data: [2, 1, 4, 3],
    });
    expect(wav(aiff(24, [1, 2, 3, 4, 5, 6], undefined, 2)).data).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it("moves the zero of 8 bits, unless they are unsigned already", () => {
    expect(wav(aiff(8, [0, 0x7f, 0x80, 0xff])).data).toEqual([0x80, 0xff, 0, 0x7f]);
    expect(wav(aiff(8, [0, 0x80], "raw ")).data).toEqual([0, 0x80]);
  });

  it("knows the kinds of AIFF-C", () => {
    expect(wav(aiff(16, [1, 2, 3, 4], "sowt")).data).toEqual([1, 2, 3, 4]);
    expect(wav(aiff(16, [9, 8], "ulaw"))).toMatchObject({ tag: 7, bits: 8, data: [9, 8] });
    expect(wav(aiff(32, [0x3f, 0x80, 0, 0], "fl32"))).toMatchObject({
      tag: 3,
      bits: 32,
      data: [0, 0, 0x80, 0x3f],
    });
    const { view, bits } = wav(aiff(64, [0x3f, 0xe0, 0, 0, 0, 0, 0, 0], "fl64"));
    expect(bits).toBe(32);
    expect(view.getFloat32(44, true)).toBe(0.5);
  });
});

describe(".au", () => {
  it("reads integers, µ-law and floats, and a length that nobody knew", () => {
    expect(wav(au(3, [1, 2, 3, 4, 5, 6, 7, 8], undefined, 2))).toMatchObject({
      channels: 2,
      data: [2, 1, 4, 3, 6, 5, 8, 7],
    });
    expect(wav(au(1, [7, 8], 0xffffffff))).toMatchObject({ tag: 7, bits: 8, rate: 8000, data: [7, 8] });
    expect(wav(au(7, [0xbf, 0xe0, 0, 0, 0, 0, 0, 0])).view.getFloat32(44, true)).toBe(-0.5);
  });

  it("keeps to whole frames", () => {
    expect(wav(au(3, [1, 2, 3])).data).toEqual([2, 1]);
  });
});

it.each([
  ["another format", fileOf(ascii("RIFF....WAVEfmt "))],
  ["nothing", fileOf([])],
  ["an unknown coding", au(23, [1, 2, 3, 4])],
  ["no sound", au(3, [])],
  ["no channels", au(3, [1, 2], 2, 0)],
  ["a compression we cannot read", aiff(16, [1, 2], "ima4")],
  ["a cut header", fileOf(ascii("FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0"))],
])("leaves %s alone", (_, file) => {
  expect(toWav(file)).toBeNull();
});
