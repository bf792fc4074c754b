import { useEffect, useRef, useState } from "react";
import type { Project } from "@/api/contract";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** Opens by itself once per project and text when the project asks for it. */
export function useInstructions(project: Project) {
  const key = `labelyard.instructions.${project.id}`;
  const stamp = String(project.expert_instruction.length);
  const [open, setOpen] = useState(
    () =>
      project.show_instruction && project.expert_instruction !== "" && localStorage.getItem(key) !== stamp,
  );
  return {
    open,
    show: () => setOpen(true),
    hide: () => {
      localStorage.setItem(key, stamp);
      setOpen(false);
    },
  };
}

interface InstructionsProps {
  project: Project;
  open: boolean;
  onClose: () => void;
}

export function InstructionsDialog({ project, open, onClose }: InstructionsProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Instructions"
      size="medium"
      footer={
        <Button tone="primary" onClick={onClose} data-autofocus>
          Start labeling
        </Button>
      }
    >
      <SafeHtml html={project.expert_instruction} />
    </Dialog>
  );
}

/** Instructions may hold HTML of the project's managers: cleaned, and never run. */
function SafeHtml({ html }: { html: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let gone = false;
    if (!/<[a-z/!]/i.test(html)) {
      ref.current?.replaceChildren(html);
      return;
    }
    void import("@/editor/views/html/sanitize").then(({ cleanHtml }) => {
      if (gone) return;
      ref.current?.replaceChildren(cleanHtml(html, { clickableLinks: true, scope: ".prose" }).fragment);
    });
    return () => {
      gone = true;
    };
  }, [html]);
  return <div ref={ref} className="prose" />;
}
