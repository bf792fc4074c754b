import { describe, expect, it } from "vitest";
import { givable, managesProject, nameOfRole } from "./roles";

describe("roles", () => {
  it("lets administrators deal with roles below their own, and owners with all", () => {
    expect(givable("administrator", "manager")).toEqual(["annotator", "reviewer", "manager"]);
    expect(givable("administrator", "administrator")).toEqual([]);
    expect(givable("administrator", "owner")).toEqual([]);
    expect(givable("owner", "owner")).toHaveLength(5);
    expect(givable("manager", "annotator")).toEqual([]);
  });

  it("lets a role in the project count before the one in the organization, but for administrators", () => {
    const list = (role: string) => [{ user: { id: 7 }, role }];
    expect(managesProject({ id: 7, role: "annotator" }, list("manager"))).toBe(true);
    expect(managesProject({ id: 7, role: "manager" }, list("annotator"))).toBe(false);
    expect(managesProject({ id: 8, role: "manager" }, list("annotator"))).toBe(true);
    expect(managesProject({ id: 7, role: "administrator" }, list("annotator"))).toBe(true);
    expect(managesProject({ id: 8, role: "reviewer" }, [])).toBe(false);
    expect(managesProject({ id: 8 }, [])).toBe(false);
  });

  it("has names", () => {
    expect(nameOfRole("reviewer")).toBe("Reviewer");
    expect(nameOfRole("later")).toBe("later");
  });
});
