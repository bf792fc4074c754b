import { Check } from "lucide-react";
import { STEPS, type Step } from "./wizard";
import "./wizard.css";

export function Steps({ current }: { current: Step }) {
  const at = STEPS.findIndex(([step]) => step === current);
  return (
    <ol className="steps" aria-label="Steps">
      {STEPS.map(([step, title], index) => (
        <li
          key={step}
          aria-current={step === current ? "step" : undefined}
          data-done={index < at || undefined}
        >
          <span className="steps-mark">{index < at ? <Check size={12} aria-label="done" /> : index + 1}</span>
          <span className="steps-title">{title}</span>
        </li>
      ))}
    </ol>
  );
}
