import { Eye, EyeOff, Lock, Trash2, Unlock } from "lucide-react";
import { useEffect, useState } from "react";
import { captionOf } from "../config/caption";
import { controlsOf } from "../config/parse";
import type { ConfigNode } from "../config/types";
import { deleteRegions, setNote, toggleHidden, toggleLocked } from "../core/commands";
import type { AnnotationStore, Region } from "../core/types";
import { appliesTo } from "../core/validate";
import { isRegionQuestion } from "./ConfigView";
import { useEditor } from "./context";
import { useFlush } from "./flush";
import { Question } from "./Question";
import { useStoreVersion } from "./useStore";

interface DetailsProps {
  /** The panel is closed: over the object, and only while something is asked about the region. */
  floating: boolean;
}

/** What is known and asked about the selected region, and what can be done with the selected ones. */
export function RegionDetails({ floating }: DetailsProps) {
  const { store } = useEditor();
  useStoreVersion(store);
  const regions = [...store.selection].flatMap((id) => store.regions.get(id) ?? []);
  const [first] = regions;
  if (!first || (floating && (regions.length > 1 || questionsAbout(first, store).length === 0))) return null;
  return (
    <section className={floating ? "ed-details is-floating" : "ed-details"} aria-label="Selected region">
      <header className="ed-details-head">
        <Title regions={regions} />
        <Tools regions={regions} />
      </header>
      {regions.length === 1 && <OneRegion key={first.id} region={first} />}
    </section>
  );
}

function Title({ regions }: { regions: readonly Region[] }) {
  const { theme } = useEditor();
  const [first] = regions;
  if (!first || regions.length > 1)
    return <span className="ed-details-title">{`${regions.length} regions`}</span>;
  const color = theme.region(first);
  return (
    <span className="ed-details-title">
      <span className="ed-badge" style={{ backgroundColor: color.solid, color: color.text }}>
        {theme.caption(first) || "no label"}
      </span>
    </span>
  );
}

function Tools({ regions }: { regions: readonly Region[] }) {
  const { store, readOnly, announce } = useEditor();
  const ids = regions.map((region) => region.id);
  const hidden = regions.every((region) => region.hidden);
  const locked = regions.every((region) => region.locked);
  const HideIcon = hidden ? EyeOff : Eye;
  const LockIcon = locked ? Lock : Unlock;
  return (
    <span className="ed-tools">
      <IconButton label={hidden ? "Show (Alt+H)" : "Hide (Alt+H)"} onClick={() => toggleHidden(store, ids)}>
        <HideIcon size={15} aria-hidden="true" />
      </IconButton>
      {!readOnly && (
        <>
          <IconButton
            label={locked ? "Unlock (Alt+L)" : "Lock (Alt+L)"}
            onClick={() => toggleLocked(store, ids)}
          >
            <LockIcon size={15} aria-hidden="true" />
          </IconButton>
          <IconButton
            label="Delete (Backspace)"
            disabled={locked}
            onClick={() => {
              const count = deleteRegions(store, ids);
              announce(`${count} deleted. Ctrl+Z brings back.`);
            }}
          >
            <Trash2 size={15} aria-hidden="true" />
          </IconButton>
        </>
      )}
    </span>
  );
}

interface IconButtonProps {
  label: string;
  disabled?: boolean | undefined;
  onClick(): void;
  children: React.ReactNode;
}

export function IconButton({ label, disabled, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="ed-icon-button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

function questionsAbout(region: Region, store: AnnotationStore): ConfigNode[] {
  return controlsOf(store.config, region.to).filter(
    (control) => isRegionQuestion(control) && appliesTo(control, store, region),
  );
}

function OneRegion({ region }: { region: Region }) {
  const { store, data, describe } = useEditor();
  const questions = questionsAbout(region, store);
  return (
    <>
      <p className="ed-details-shape">{describe(region)}</p>
      {region.score !== undefined && (
        <p className="ed-details-meta">{`Model score ${region.score.toFixed(2)}`}</p>
      )}
      {questions.map((control) => (
        <div key={control.key} className="ed-details-question">
          <p className="ed-details-caption">{captionOf(control, store.config.root, data)}</p>
          <Question node={control} regionId={region.id} />
        </div>
      ))}
      <Note region={region} />
    </>
  );
}

function Note({ region }: { region: Region }) {
  const { store, readOnly } = useEditor();
  const saved = region.meta?.text.join("\n") ?? "";
  const [text, setText] = useState(saved);
  useEffect(() => setText(saved), [saved]);
  const commit = () => {
    const current = store.regions.get(region.id);
    if (current && text !== saved) setNote(store, current, text);
  };
  useFlush(commit);
  if (readOnly) return saved ? <p className="ed-details-meta">{saved}</p> : null;
  return (
    <textarea
      className="ed-field ed-note"
      rows={1}
      value={text}
      placeholder="Note on this region"
      aria-label="Note on this region"
      readOnly={region.locked}
      onChange={(event) => setText(event.target.value)}
      onBlur={commit}
    />
  );
}
