/** Storages over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Storage = Schemas["Storage"];
export type StoredFile = Schemas["StoredFile"];
export type Role = "source" | "target";
export type Kind = "s3" | "localfiles";

/** What the form sets. Credentials are sent only when somebody typed them. */
export interface StorageFields {
  title: string;
  path?: string;
  bucket?: string;
  prefix?: string;
  region_name?: string;
  s3_endpoint?: string;
  aws_access_key_id?: string;
  aws_secret_access_key?: string;
  aws_session_token?: string;
  aws_sse_kms_key_id?: string;
  presign?: boolean;
  presign_ttl?: number;
  regex_filter?: string;
  use_blob_urls?: boolean;
  recursive_scan?: boolean;
  can_delete_objects?: boolean;
}

const family = (role: Role, kind: string) => `/api/storages/${role === "target" ? "export/" : ""}${kind}`;
const one = (role: Role, { type, id }: Pick<Storage, "type" | "id">) => `${family(role, type)}/${id}`;
const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

export const listStorages = (role: Role, project: number, signal?: AbortSignal) =>
  send<Storage[]>(
    "GET",
    `/api/storages${role === "target" ? "/export" : ""}?project=${project}`,
    signal ? { signal } : {},
  );

export const createStorage = (role: Role, kind: Kind, project: number, fields: StorageFields) =>
  send<Storage>("POST", family(role, kind), json({ project, ...fields }));

export const changeStorage = (role: Role, storage: Storage, fields: Partial<StorageFields>) =>
  send<Storage>("PATCH", one(role, storage), json(fields));

export const deleteStorage = (role: Role, storage: Storage) => send<void>("DELETE", one(role, storage));

export const syncStorage = (role: Role, storage: Storage) =>
  send<Storage>("POST", `${one(role, storage)}/sync`);

/** What is tried: a new storage, or a stored one (`id`) with changes. */
export type Tried = StorageFields & { project: number; id?: number };

export const tryStorage = (role: Role, kind: Kind, tried: Tried) =>
  send<unknown>("POST", `${family(role, kind)}/validate`, json(tried));

/** The first objects, up to a thousand, that a source would look at. */
export const listFiles = async (kind: Kind, tried: Tried): Promise<StoredFile[]> =>
  (await send<Schemas["StoredFiles"]>("POST", `${family("source", kind)}/files`, json(tried))).files;
