import { describe, expect, it } from "vitest";
import { chosenFiles, droppedFiles, nameOfAddress, pastedFile, readAddresses } from "./files";

const content = (one: File | undefined) =>
  new Promise<unknown>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsText(one ?? new File([], ""));
  });

describe("pastedFile", () => {
  it("keeps JSON as it is and takes other text as one task a line", async () => {
    const json = pastedFile('[{"text": "a"}, {"text": "b"}]');
    expect([json?.kind, json?.count, json?.file.name]).toEqual(["json", 2, "pasted.json"]);
    const lines = pastedFile("\nfirst\n\nsecond \n");
    expect([lines?.kind, lines?.count]).toEqual(["lines", 2]);
    expect(await content(lines?.file)).toBe("first\nsecond\n");
    expect(pastedFile("  ")).toBeNull();
    expect(pastedFile("12")?.kind).toBe("lines");
  });
});

/** A folder as a drop gives it: at most two children a call. */
function folder(name: string, children: FileSystemEntry[]): FileSystemEntry {
  return {
    isFile: false,
    isDirectory: true,
    name,
    createReader() {
      const left = [...children];
      return { readEntries: (tell: (batch: FileSystemEntry[]) => void) => tell(left.splice(0, 2)) };
    },
  } as unknown as FileSystemEntry;
}
const leaf = (name: string): FileSystemEntry =>
  ({
    isFile: true,
    isDirectory: false,
    name,
    file: (tell: (file: File) => void) => tell(new File(["x"], name)),
  }) as unknown as FileSystemEntry;

describe("files of a drop", () => {
  const drop = (entries: FileSystemEntry[], files: File[] = []) =>
    ({
      items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })),
      files,
    }) as unknown as DataTransfer;

  it("walks through folders, however deep and however many are in them", async () => {
    const found = await droppedFiles(
      drop([
        folder("data", [
          leaf("a.csv"),
          leaf("b.csv"),
          leaf("c.csv"),
          folder("deep", [leaf("d.csv")]),
          leaf(".DS_Store"),
          folder(".git", [leaf("HEAD")]),
        ]),
        leaf("e.csv"),
      ]),
    );
    expect(found.map(({ file, folder }) => folder + file.name)).toEqual([
      "data/a.csv",
      "data/b.csv",
      "data/c.csv",
      "data/deep/d.csv",
      "e.csv",
    ]);
  });

  it("takes plain files as they are", async () => {
    const found = await droppedFiles(drop([leaf("a.csv")], [new File(["x"], "a.csv")]));
    expect(found.map(({ file, folder }) => [folder, file.name])).toEqual([["", "a.csv"]]);
  });

  it("knows the folders of a folder that was chosen", () => {
    const chosen = (path: string) =>
      Object.defineProperty(new File(["x"], path.split("/").at(-1) ?? ""), "webkitRelativePath", {
        value: path,
      });
    const files = ["in/a.csv", "in/.hidden/b.csv", "in/Thumbs.db"].map(chosen) as unknown as FileList;
    expect(chosenFiles(files).map(({ file, folder }) => [folder, file.name])).toEqual([["in/", "a.csv"]]);
  });
});

describe("addresses", () => {
  it("tells good ones from others, each once", () => {
    expect(
      readAddresses(
        " https://example.org/a.csv\nhttp://example.org/?q=1,2  https://example.org/a.csv\nexample.org ftp://x/y",
      ),
    ).toEqual({
      good: ["https://example.org/a.csv", "http://example.org/?q=1,2"],
      bad: ["example.org", "ftp://x/y"],
    });
  });

  it("calls a file by the last part of its address", () => {
    expect(nameOfAddress("https://example.org/data/r%C3%A9views.csv?x=1")).toBe("réviews.csv");
    expect(nameOfAddress("https://example.org/")).toBe("example.org");
    expect(nameOfAddress("https://example.org/50%")).toBe("50%");
  });
});
