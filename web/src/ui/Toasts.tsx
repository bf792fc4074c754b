import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button } from "./Button";
import { dismiss, toastStore } from "./toast";

export function Toasts() {
  const list = useSyncExternalStore(toastStore.subscribe, toastStore.get);
  return (
    <section className="toasts" role="status" aria-live="polite" aria-label="Messages">
      {list.map((item) => (
        <div key={item.id} className={`toast toast-${item.tone}`}>
          <span className="toast-text">{item.text}</span>
          {item.action && (
            <Button
              tone="quiet"
              className="toast-action"
              onClick={() => {
                dismiss(item.id, true);
                item.action?.run();
              }}
            >
              {item.action.label}
            </Button>
          )}
          <Button tone="quiet" aria-label="Dismiss" icon={<X size={14} />} onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </section>
  );
}
