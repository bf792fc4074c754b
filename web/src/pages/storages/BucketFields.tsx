import type { Role, Storage, StorageFields } from "@/api/storages";
import { CheckField, TextField } from "@/ui/Field";
import type { Values } from "./values";

interface BucketFieldsProps {
  role: Role;
  values: Values;
  storage: Storage | null;
  at: (name: keyof StorageFields) => string | undefined;
  onChange: (patch: Partial<Values>) => void;
}

const PLAIN = { autoComplete: "off", spellCheck: false, maxLength: 2048 } as const;

/** Where a bucket of S3 is, and what opens it. What is rarely needed is folded away. */
export function BucketFields({ role, values, storage, at, onChange }: BucketFieldsProps) {
  const text = (name: "bucket" | "prefix" | "region_name" | "s3_endpoint" | "aws_sse_kms_key_id") => ({
    ...PLAIN,
    value: values[name],
    error: at(name),
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => onChange({ [name]: event.target.value }),
  });
  const secret = (name: "aws_access_key_id" | "aws_secret_access_key" | "aws_session_token") => ({
    ...PLAIN,
    autoComplete: "new-password",
    value: values[name],
    error: at(name),
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => onChange({ [name]: event.target.value }),
  });
  const stored = storage?.has_credentials === true;
  const more = at("s3_endpoint") ?? at("region_name") ?? at("aws_session_token") ?? at("aws_sse_kms_key_id");
  return (
    <>
      <div className="storage-pair">
        <TextField label="Bucket" placeholder="pictures" {...text("bucket")} />
        <TextField label="Folder" placeholder="birds" hint="Left empty: all of it." {...text("prefix")} />
      </div>
      <div className="storage-pair">
        <TextField
          label="Access key id"
          hint={
            stored
              ? "One is stored. Left empty: it stays."
              : "Left empty: the server's own, for administrators."
          }
          {...secret("aws_access_key_id")}
        />
        <TextField
          label="Secret access key"
          type="password"
          hint={stored ? "A new endpoint needs it again." : "Stored encrypted, never shown again."}
          {...secret("aws_secret_access_key")}
        />
      </div>
      <details
        className="storage-more"
        open={!!(more || values.s3_endpoint || values.region_name) || undefined}
      >
        <summary>Endpoint, region and encryption</summary>
        <div className="stack tight">
          <TextField
            label="Endpoint"
            type="url"
            placeholder="https://minio.example.org"
            hint="Of a server that is not Amazon's. One in a private network must be allowed by the operator."
            {...text("s3_endpoint")}
          />
          <TextField label="Region" placeholder="us-east-1" {...text("region_name")} />
          <TextField label="Session token" type="password" {...secret("aws_session_token")} />
          <TextField
            label="Encryption key (KMS)"
            hint="Objects are encrypted with it; left empty: as the bucket does."
            {...text("aws_sse_kms_key_id")}
          />
        </div>
      </details>
      {role === "source" && (
        <>
          <CheckField
            label="Send browsers to the bucket"
            hint="By addresses that are signed. Without it objects come through this server."
            checked={values.presign}
            onChange={(value) => onChange({ presign: value })}
          />
          {values.presign && (
            <TextField
              label="Minutes that an address holds"
              type="number"
              min={1}
              max={10_080}
              error={at("presign_ttl")}
              value={values.presign_ttl}
              onChange={(event) =>
                onChange({
                  presign_ttl: Math.min(10_080, Math.max(1, Math.round(event.target.valueAsNumber || 1))),
                })
              }
            />
          )}
        </>
      )}
    </>
  );
}
