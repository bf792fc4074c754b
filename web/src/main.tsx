import { createRoot } from "react-dom/client";
import "@/ui/tokens.css";

createRoot(document.getElementById("root")!).render(<p>Labelyard</p>);
