import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import "@fontsource-variable/inter/index.css";
import "@/ui/tokens.css";
import "@/ui/base.css";
import "@/ui/kit.css";
import "@/ui/lists.css";
import "@/app/shell.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
