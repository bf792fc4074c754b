import { Flame, Heart, Smile, Star } from "lucide-react";
import { attr, enumAttr } from "../../config/attrs";
import { optionKey } from "../../config/options";
import { useStoreVersion } from "../../panels/useStore";
import type { ControlProps } from "../registry";
import { maxRating, rate, ratingOf } from "./rate";

const ICONS = { star: Star, heart: Heart, fire: Flame, smile: Smile };
const SIZES = { small: 16, medium: 20, large: 28 };

export function RatingControl({ node, store, regionId, readOnly, hotkeys }: ControlProps) {
  useStoreVersion(store);
  const value = ratingOf(store, node, regionId);
  const Icon = ICONS[enumAttr(node, "icon", ["star", "heart", "fire", "smile"], "star")];
  const size = SIZES[enumAttr(node, "size", ["small", "medium", "large"], "medium")];
  const steps = Array.from({ length: maxRating(node) }, (_, index) => index + 1);
  const key = hotkeys.get(optionKey(node, ""));
  return (
    <fieldset className="ed-control ed-rating" aria-label={`${node.name}: ${value || "no rating"}`}>
      {steps.map((step) => (
        <button
          key={step}
          type="button"
          className={step <= value ? "ed-star is-on" : "ed-star"}
          aria-pressed={step === value}
          aria-label={`${step} of ${steps.length}`}
          disabled={readOnly}
          onClick={() => rate(store, node, regionId, step)}
        >
          <Icon size={size} aria-hidden="true" fill={step <= value ? "currentColor" : "none"} />
        </button>
      ))}
      {value > 0 && <span className="ed-rating-value">{`${value} / ${steps.length}`}</span>}
      {key && attr(node, "hotkey") && <kbd className="ed-key">{key}</kbd>}
    </fieldset>
  );
}
