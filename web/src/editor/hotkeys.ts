/** Keys of the editor for help sheets; label and choice keys come from the task's config. */
export interface HotkeyHelp {
  readonly id: string;
  readonly keys: string;
  readonly title: string;
  readonly group: "Labels" | "Regions" | "History" | "Text" | "Image" | "Audio" | "Editor";
}

export const hotkeys: readonly HotkeyHelp[] = [
  {
    id: "label",
    keys: "1 … 9, 0, letters",
    title: "Pick a label or choice; relabel the selected region",
    group: "Labels",
  },
  { id: "undo", keys: "Ctrl+Z", title: "Undo", group: "History" },
  { id: "redo", keys: "Ctrl+Shift+Z", title: "Redo", group: "History" },
  {
    id: "cancel",
    keys: "Esc or U",
    title: "Leave the gesture, put labels away, then unselect",
    group: "Editor",
  },
  { id: "delete", keys: "Backspace or Delete", title: "Delete the selected regions", group: "Regions" },
  { id: "delete-all", keys: "Ctrl+Backspace", title: "Delete all regions", group: "Regions" },
  { id: "next", keys: "Alt+.", title: "Next region (Tab inside the object)", group: "Regions" },
  { id: "previous", keys: "Alt+,", title: "Previous region (Shift+Tab inside the object)", group: "Regions" },
  {
    id: "details",
    keys: "Enter in the list",
    title: "Go to the questions about the region; Esc leads back",
    group: "Regions",
  },
  { id: "hide", keys: "Alt+H", title: "Hide or show the selected regions", group: "Regions" },
  { id: "lock", keys: "Alt+L", title: "Lock or unlock the selected regions", group: "Regions" },
  { id: "duplicate", keys: "Ctrl+D", title: "Duplicate the selected boxes", group: "Regions" },
  { id: "words", keys: "← → ↑ ↓", title: "Move from word to word; with Shift extend", group: "Text" },
  {
    id: "grow",
    keys: "Alt+← →",
    title: "Move the end of the span by one character; with Shift the start",
    group: "Text",
  },
  { id: "mark", keys: "Enter", title: "Mark the selected words with the label that is ready", group: "Text" },
  { id: "image-tools", keys: "V R H", title: "Select, draw a box, pan", group: "Image" },
  { id: "image-pan", keys: "Space + drag", title: "Pan", group: "Image" },
  {
    id: "image-zoom",
    keys: "+ − 0, Ctrl + wheel",
    title: "Zoom in, out, fit the whole image",
    group: "Image",
  },
  {
    id: "image-draw",
    keys: "Arrows, Enter",
    title: "Move the crosshair; start and end a box",
    group: "Image",
  },
  {
    id: "image-nudge",
    keys: "Arrows",
    title: "Move the selected box by 1 px; with Shift by 10, with Alt change its size",
    group: "Image",
  },
  {
    id: "image-page",
    keys: "Page Up, Page Down",
    title: "Previous or next image of the task",
    group: "Image",
  },
  {
    id: "audio-play",
    keys: "Alt+Space, Space",
    title: "Play or pause (Space inside the recording)",
    group: "Audio",
  },
  {
    id: "audio-seek",
    keys: "← →",
    title: "Move the cursor; with Shift further, with Alt by 10 ms",
    group: "Audio",
  },
  {
    id: "audio-mark",
    keys: "Enter or a label's key",
    title: "Start a region at the cursor, then end it",
    group: "Audio",
  },
  {
    id: "audio-adjust",
    keys: "Shift, Alt, Ctrl + ← →",
    title: "Grow, shrink or move the selected region",
    group: "Audio",
  },
  { id: "audio-zoom", keys: "+ − 0, Ctrl + wheel", title: "Zoom in, out, show everything", group: "Audio" },
];
