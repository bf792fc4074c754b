/** Which column of a file gives which data key. */

export type Mapping = Readonly<Record<string, string>>;

/** The data key of a column; "" when the column is left out. */
export function keyOf(column: string, mapping: Mapping): string {
  return mapping[column] ?? column;
}

/**
 * The mapping after `column` was given `key` ("" = left out). A key belongs to one column: the one that had it goes back
 * to its own name, or is left out when that name is taken.
 */
export function assign(columns: readonly string[], mapping: Mapping, column: string, key: string): Mapping {
  const next = new Map(columns.map((other) => [other, other === column ? key : keyOf(other, mapping)]));
  const loser = key === "" ? undefined : columns.find((other) => other !== column && next.get(other) === key);
  if (loser !== undefined) next.set(loser, [...next.values()].includes(loser) ? "" : loser);
  return Object.fromEntries([...next].filter(([name, value]) => name !== value));
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_.-]+/g, "");

/** The column that most likely holds `key`: the same name but for case and dashes, or the only one there is. */
export function likelyColumn(key: string, columns: readonly string[], mapping: Mapping): string | null {
  const alike = columns.find((column) => plain(column) === plain(key));
  if (alike !== undefined) return alike;
  const last = key.split(".").at(-1) ?? key;
  const tail = columns.find((column) => plain(column) === plain(last));
  if (tail !== undefined) return tail;
  const free = columns.filter((column) => keyOf(column, mapping) === column);
  return columns.length === 1 ? (free[0] ?? null) : null;
}

export interface KeyChoice {
  value: string;
  label: string;
}

/** What a column can be: a key that the set-up reads, what it is called, or nothing. */
export function choicesOf(column: string, dataKeys: readonly string[], mapping: Mapping): KeyChoice[] {
  const values = [...dataKeys];
  for (const other of [keyOf(column, mapping), column])
    if (other !== "" && !values.includes(other)) values.push(other);
  return [...values.map((value) => ({ value, label: value })), { value: "", label: "leave out" }];
}
