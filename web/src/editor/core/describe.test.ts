import { expect, it } from "vitest";
import { describeShape } from "./describe";
import type { Region, Shape } from "./types";

const described = (shape: Shape): string => describeShape({ shape } as Region);

it("says a time range with its unit, and with minutes once there are some", () => {
  expect(described({ kind: "interval", start: 0.8, end: 3.6 } as Shape)).toBe("0.800 – 3.600 s");
  expect(described({ kind: "interval", start: 0, end: 59.999 } as Shape)).toBe("0.000 – 59.999 s");
  expect(described({ kind: "interval", start: 1.5, end: 59.9996 } as Shape)).toBe("0:01.500 – 1:00.000");
  expect(described({ kind: "interval", start: 61, end: 3661.25 } as Shape)).toBe("1:01.000 – 61:01.250");
});
