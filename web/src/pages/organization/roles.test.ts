import { describe, expect, it } from "vitest";
import { givable, nameOfRole } from "./roles";

describe("roles", () => {
  it("lets administrators deal with roles below their own, and owners with all", () => {
    expect(givable("administrator", "manager")).toEqual(["annotator", "reviewer", "manager"]);
    expect(givable("administrator", "administrator")).toEqual([]);
    expect(givable("administrator", "owner")).toEqual([]);
    expect(givable("owner", "owner")).toHaveLength(5);
    expect(givable("manager", "annotator")).toEqual([]);
  });

  it("has names", () => {
    expect(nameOfRole("reviewer")).toBe("Reviewer");
    expect(nameOfRole("later")).toBe("later");
  });
});
