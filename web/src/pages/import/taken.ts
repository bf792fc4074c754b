import { listImports, listUploads, type ServerUpload } from "@/api/imports";
import { isBusy } from "./words";

/** Which import took which upload. The server keeps an upload until its import is done, in case it comes to nothing. */
type Taken = Record<string, number>;

const keyOf = (projectId: number) => `labelyard.import.taken.${projectId}`;

function read(projectId: number): Taken {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(projectId)) ?? "{}") as Taken;
  } catch {
    return {};
  }
}

/** Notes, for a reload in the meantime, that an import that runs is at work on these uploads. */
export function noteTaken(projectId: number, uploads: readonly string[], importId: number): void {
  const taken = { ...read(projectId), ...Object.fromEntries(uploads.map((id) => [id, importId])) };
  try {
    sessionStorage.setItem(keyOf(projectId), JSON.stringify(taken));
  } catch {
    // Without storage a reload shows them once more; the server imports none twice.
  }
}

/** The uploads that wait for an import or for the rest of their bytes. */
export async function uploadsToImport(projectId: number): Promise<ServerUpload[]> {
  const uploads = await listUploads(projectId);
  const taken = read(projectId);
  if (!uploads.some((upload) => upload.id in taken)) return uploads;
  const running = new Set((await listImports(projectId)).filter(isBusy).map((status) => status.id));
  return uploads.filter((upload) => !running.has(taken[upload.id] ?? -1));
}
