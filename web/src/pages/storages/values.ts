/** What the form of a storage holds, and what of it is sent. */

import type { Kind, Role, Storage, StorageFields } from "@/api/storages";

export type Values = Required<StorageFields>;

/** The form of a stored storage, or of a new one. Credentials are never in it. */
export function begun(storage: Storage | null): Values {
  return {
    title: storage?.title ?? "",
    path: storage?.path ?? "",
    bucket: storage?.bucket ?? "",
    prefix: storage?.prefix ?? "",
    region_name: storage?.region_name ?? "",
    s3_endpoint: storage?.s3_endpoint ?? "",
    aws_access_key_id: "",
    aws_secret_access_key: "",
    aws_session_token: "",
    aws_sse_kms_key_id: storage?.aws_sse_kms_key_id ?? "",
    presign: storage?.presign ?? true,
    presign_ttl: storage?.presign_ttl ?? 1,
    regex_filter: storage?.regex_filter ?? "",
    use_blob_urls: storage?.use_blob_urls ?? true,
    recursive_scan: storage?.recursive_scan ?? false,
    can_delete_objects: storage?.can_delete_objects ?? false,
  };
}

/** The fields of a kind in a role; credentials only where somebody typed them, so that stored ones stay. */
export function valuesOf(role: Role, kind: Kind, values: Values): StorageFields {
  const fields: StorageFields = { title: values.title.trim() };
  if (kind === "localfiles") {
    fields.path = values.path.trim();
  } else {
    fields.bucket = values.bucket.trim();
    fields.prefix = values.prefix.trim();
    fields.region_name = values.region_name.trim();
    fields.s3_endpoint = values.s3_endpoint.trim();
    fields.aws_sse_kms_key_id = values.aws_sse_kms_key_id.trim();
    for (const name of ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"] as const) {
      if (values[name].trim()) fields[name] = values[name].trim();
    }
  }
  if (role === "target") {
    fields.can_delete_objects = values.can_delete_objects;
    return fields;
  }
  fields.regex_filter = values.regex_filter;
  fields.use_blob_urls = values.use_blob_urls;
  fields.recursive_scan = values.recursive_scan;
  if (kind === "s3") {
    fields.presign = values.presign;
    fields.presign_ttl = values.presign_ttl;
  }
  return fields;
}
