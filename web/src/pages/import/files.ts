/** Files from where people have them: drops, folders, the clipboard. */

export interface FoundFile {
  file: File;
  /** Folders it was in, each with a slash at its end; "" for a file by itself. */
  folder: string;
}

/** Files of an `<input type=file>`, folders chosen as a whole included. */
export function chosenFiles(list: FileList | null): FoundFile[] {
  return [...(list ?? [])]
    .map((file) => ({ file, folder: file.webkitRelativePath.slice(0, -file.name.length) }))
    .filter((found) => !isHidden(found.folder + found.file.name));
}

/** What systems leave in folders (.DS_Store, .git/…) is nobody's data. */
function isHidden(path: string): boolean {
  return (
    path.split("/").some((part) => part.startsWith(".")) || /(^|\/)(Thumbs\.db|desktop\.ini)$/.test(path)
  );
}

/** All files of a drop, folders walked through. */
export async function droppedFiles(transfer: DataTransfer): Promise<FoundFile[]> {
  // Both lists are empty once this turn of the event loop is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain.map((file) => ({ file, folder: "" }));
  const found: FoundFile[] = [];
  for (const entry of entries) if (entry) await walk(entry, "", found);
  return found;
}

async function walk(entry: FileSystemEntry, folder: string, found: FoundFile[]): Promise<void> {
  if (isHidden(entry.name)) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ file, folder });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // The reader gives at most 100 entries a call and an empty list at the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, `${folder}${entry.name}/`, found);
  }
}

export interface Pasted {
  file: File;
  kind: "json" | "lines";
  count: number;
}

/** Pasted text as a file: JSON stays JSON, anything else becomes one task a line. Null for nothing. */
export function pastedFile(text: string): Pasted | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const value = parsed(trimmed);
  if (value !== null && typeof value === "object") {
    const count = Array.isArray(value) ? value.length : 1;
    return { file: new File([trimmed], "pasted.json", { type: "application/json" }), kind: "json", count };
  }
  const lines = trimmed.split(/\r?\n/).filter((line) => line.trim() !== "");
  return {
    file: new File([`${lines.join("\n")}\n`], "pasted.txt", { type: "text/plain" }),
    kind: "lines",
    count: lines.length,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export interface Addresses {
  good: string[];
  bad: string[];
}

/** Web addresses from free text, one a line or with blanks between; what is none is told apart. */
export function readAddresses(text: string): Addresses {
  const good: string[] = [];
  const bad: string[] = [];
  for (const word of new Set(text.split(/\s+/).filter(Boolean))) {
    const url = URL.canParse(word) ? new URL(word) : null;
    (url && (url.protocol === "http:" || url.protocol === "https:") && url.hostname ? good : bad).push(word);
  }
  return { good, bad };
}

/** The last part of an address that a person would call the file's name. */
export function nameOfAddress(address: string): string {
  const url = new URL(address);
  const last = url.pathname.split("/").filter(Boolean).at(-1);
  return last ? safeDecode(last) : url.hostname;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
