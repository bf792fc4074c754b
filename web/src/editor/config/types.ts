/** A tag of the label config. Attribute names are lower case, tag names in registry spelling. */
export interface ConfigNode {
  readonly tag: string;
  /** Path in the tree ("0.2.1"): stable identity for keys and ids. */
  readonly key: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: readonly ConfigNode[];
  /** Text directly inside the tag (Style). */
  readonly text: string;
  readonly name: string;
  readonly toName: readonly string[];
}

export interface ConfigProblem {
  readonly message: string;
  /** 1-based line in the XML, when known. */
  readonly line?: number;
}

export interface ConfigTree {
  readonly root: ConfigNode;
  /** Tags with a name, by name, in document order. */
  readonly objects: ReadonlyMap<string, ConfigNode>;
  readonly controls: ReadonlyMap<string, ConfigNode>;
  readonly problems: readonly ConfigProblem[];
}
