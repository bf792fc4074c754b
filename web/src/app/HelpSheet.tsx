import { useSyncExternalStore } from "react";
import { Dialog } from "@/ui/Dialog";
import { Keys } from "@/ui/Keys";
import { type Command, commands, keysOf, lettersTaken } from "./commands";

/** All keys that work on this page, from the same records that make them work. */
export function HelpSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const all = useSyncExternalStore(commands.subscribe, commands.all);
  const groups = new Map<string, Command[]>();
  for (const command of all) {
    const keys = keysOf(command);
    if (keys.length === 0 || (lettersTaken() && keys.every((binding) => binding.includes(" ")))) continue;
    const list = groups.get(command.group) ?? [];
    list.push(command);
    groups.set(command.group, list);
  }
  const notes = Map.groupBy(commands.notes(), (note) => note.group);
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard" size="large">
      <div className="help-groups">
        {[...groups].map(([group, list]) => (
          <section key={group} className="help-group">
            <h3>{group}</h3>
            <dl>
              {list.map((command) => (
                <div key={command.id} className="help-row">
                  <dt>{command.title}</dt>
                  <dd>
                    {keysOf(command).map((binding) => (
                      <Keys key={binding} binding={binding} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        {[...notes].map(([group, list]) => (
          <section key={group} className="help-group">
            <h3>{group}</h3>
            <dl>
              {list.map((note) => (
                <div key={note.title} className="help-row">
                  <dt>{note.title}</dt>
                  <dd>
                    <kbd>{note.keys}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
