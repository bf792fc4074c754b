/** What the server writes into the page, so that the first paint needs no request. */
export interface Boot {
  user: BootUser | null;
  form: { errors: string[] | Record<string, string[]>; values: Record<string, string> };
  version: string;
  /** No accounts exist: the person at this machine is the owner and needs no login. */
  local: boolean;
  signup_open: boolean;
  /** What the invitation in the address opens; null without one, and for one that is over. */
  invitation: { organization: string; role: string; member: boolean } | null;
}

export interface BootUser {
  id: number;
  email: string;
  first_name?: string;
  last_name?: string;
  initials?: string;
}

const EMPTY: Boot = {
  user: null,
  form: { errors: [], values: {} },
  version: "",
  local: false,
  signup_open: false,
  invitation: null,
};

export function readBoot(doc: Document = document): Boot {
  const text = doc.getElementById("boot")?.textContent;
  if (!text) return EMPTY;
  try {
    const parsed = JSON.parse(text) as Partial<Boot>;
    return { ...EMPTY, ...parsed, form: { ...EMPTY.form, ...parsed.form } };
  } catch {
    return EMPTY;
  }
}

/** Form errors of the boot object as plain sentences, field names first. */
export function formErrors(boot: Boot): string[] {
  const { errors } = boot.form;
  if (Array.isArray(errors)) return errors.map(String);
  return Object.entries(errors ?? {}).flatMap(([field, messages]) =>
    messages.map((message) =>
      field.startsWith("non_field") || field === "__all__" ? message : `${field}: ${message}`,
    ),
  );
}

export const boot = readBoot();

export function cookie(name: string, source: string = document.cookie): string {
  for (const part of source.split("; ")) {
    if (part.startsWith(`${name}=`)) return decodeURIComponent(part.slice(name.length + 1));
  }
  return "";
}
