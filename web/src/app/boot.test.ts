import { afterEach, describe, expect, it } from "vitest";
import { cookie, formErrors, readBoot } from "./boot";

afterEach(() => document.head.replaceChildren());

function inject(text: string) {
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = "boot";
  script.textContent = text;
  document.head.append(script);
}

describe("boot", () => {
  it("works without what the server injects, and with a broken one", () => {
    expect(readBoot().user).toBeNull();
    inject("{nonsense");
    expect(readBoot().local).toBe(false);
  });

  it("reads user and form", () => {
    inject(
      '{"user":{"id":1,"email":"a@b.c"},"form":{"errors":{"email":["Taken."],"non_field_errors":["No."]}},"local":true}',
    );
    const boot = readBoot();
    expect(boot.user?.email).toBe("a@b.c");
    expect(boot.form.values).toEqual({});
    expect(formErrors(boot)).toEqual(["email: Taken.", "No."]);
  });

  it("finds a cookie by its whole name", () => {
    expect(cookie("csrftoken", "xcsrftoken=1; csrftoken=a%20b")).toBe("a b");
    expect(cookie("none", "a=1")).toBe("");
  });
});
