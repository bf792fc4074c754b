import { QueryClientProvider } from "@tanstack/react-query";
import { Component, type ReactNode, Suspense, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { loginUrl, onSignedOut } from "@/api/client";
import { queryClient } from "@/api/queries";
import { Failure } from "@/ui/States";
import { Toasts } from "@/ui/Toasts";
import { toast } from "@/ui/toast";
import { bindKeys, commands } from "./commands";
import { HelpSheet } from "./HelpSheet";
import { Palette } from "./Palette";
import { Routes } from "./routes";
import { setTheme } from "./theme";
import { useCommands } from "./useCommands";

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Guard>
        <Suspense fallback={<div className="page-wait" role="status" aria-label="Loading" />}>
          <Routes />
        </Suspense>
      </Guard>
      <Global />
      <Toasts />
    </QueryClientProvider>
  );
}

function Global() {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  useEffect(() => bindKeys(commands), []);
  useEffect(() => {
    let told = false;
    return onSignedOut(() => {
      if (told) return;
      told = true;
      toast("You are signed out. Sign in again to go on.", {
        tone: "danger",
        duration: 0,
        action: { label: "Sign in", run: () => location.assign(loginUrl()) },
      });
    });
  }, []);
  useCommands([
    {
      id: "app:palette",
      title: "Search commands",
      group: "General",
      keys: "$mod+k",
      run: () => setOpen((now) => (now === "palette" ? null : "palette")),
    },
    { id: "help", title: "Show all keys", group: "General", keys: "Shift+?", run: () => setOpen("help") },
    {
      id: "go:projects",
      title: "Go to projects",
      group: "General",
      keys: "g p",
      run: () => navigate("/projects"),
    },
    {
      id: "go:new",
      title: "New project",
      group: "General",
      keys: "g n",
      run: () => navigate("/projects/new"),
    },
    {
      id: "go:organization",
      title: "Go to the organization",
      group: "General",
      keys: "g o",
      run: () => navigate("/organization"),
    },
    {
      id: "go:account",
      title: "Go to account",
      group: "General",
      keys: "g a",
      run: () => navigate("/account"),
    },
    { id: "theme:light", title: "Use light theme", group: "Theme", run: () => setTheme("light") },
    { id: "theme:dark", title: "Use dark theme", group: "Theme", run: () => setTheme("dark") },
    { id: "theme:system", title: "Use the system theme", group: "Theme", run: () => setTheme("system") },
  ]);
  return (
    <>
      <Palette open={open === "palette"} onClose={() => setOpen((now) => (now === "palette" ? null : now))} />
      <HelpSheet open={open === "help"} onClose={() => setOpen((now) => (now === "help" ? null : now))} />
    </>
  );
}

/** A page that breaks must not take the others with it, nor leave a white window. */
class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <main className="page-broken">
        <Failure error={this.state.error} retry={() => location.reload()} />
      </main>
    );
  }
}
