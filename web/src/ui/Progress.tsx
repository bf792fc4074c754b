/** A thin bar; `value` is 0..1, null while the end is unknown. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  return (
    <div
      className={`progress${value === null ? " progress-open" : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
    >
      <div className="progress-bar" style={{ transform: `scaleX(${value ?? 0.3})` }} />
    </div>
  );
}
