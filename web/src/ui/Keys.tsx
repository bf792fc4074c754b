import { keyParts } from "@/app/commands";

/** A key combination as small caps on keys, read out as one phrase. */
export function Keys({ binding }: { binding: string }) {
  const presses = keyParts(binding);
  return (
    <span className="keys">
      {presses.map((keys, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the presses of one binding never move
        <span key={index} className="keys-press">
          {keys.map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
