import { useEffect, useRef } from "react";
import { ButtonLink } from "./Button";

interface PlacesProps {
  label: string;
  base: string;
  /** Path below `base` ("" for itself), and what it is called. */
  places: readonly (readonly [path: string, title: string])[];
  here: string;
}

/** The parts of a page that has several, in its top bar. */
export function Places({ label, base, places, here }: PlacesProps) {
  const nav = useRef<HTMLElement>(null);
  // Where they do not fit beside each other, the one that is shown is in sight.
  useEffect(() => {
    const shown = nav.current?.children[places.findIndex(([path]) => path === here)];
    shown?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here, places]);
  return (
    <nav ref={nav} className="places" aria-label={label}>
      {places.map(([path, title]) => (
        <span key={path} className={path === here ? "place-here" : "place"}>
          <ButtonLink
            href={path ? `${base}/${path}` : base}
            tone="quiet"
            {...(path === here ? { "aria-current": "page" as const } : {})}
          >
            {title}
          </ButtonLink>
        </span>
      ))}
    </nav>
  );
}
