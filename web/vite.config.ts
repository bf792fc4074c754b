import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const server = process.env.LABELYARD_DEV_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/static/",
  plugins: [react()],
  resolve: { alias: { "@": path("./src") } },
  build: {
    outDir: path("../src/labelyard/web/static"),
    emptyOutDir: true,
    // The first browsers with light-dark(), popover and CSS nesting; nothing older is rewritten for.
    target: ["chrome123", "edge123", "firefox125", "safari17.5"],
    assetsDir: "assets",
    // Fonts and pictures stay files: the content security policy allows no data: URLs for them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    rolldownOptions: {
      output: {
        // What every page needs is one long-lived file; all else is split by route.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "codemirror", test: /node_modules\/(@codemirror|@lezer|style-mod|crelt|w3c-keyname)\// },
            {
              name: "grid",
              test: /node_modules\/@tanstack\/(react-virtual|virtual-core)\//,
            },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      "/api": server,
      "/data": server,
      "/tasks": server,
      "/logout": server,
      "/health": server,
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
  },
});
