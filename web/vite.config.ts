import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const server = process.env.LABELYARD_DEV_SERVER ?? "http://127.0.0.1:8080";

/** Compressed twins beside each text file, so that the server never compresses the same bytes twice. */
function precompress(): Plugin {
  const text = /\.(js|css|svg|json|wasm)$/;
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir }) {
      if (!dir) return;
      const files = (await readdir(dir, { recursive: true })).filter((name) => text.test(name));
      await Promise.all(
        files.map(async (name) => {
          const file = join(dir, name);
          const bytes = await readFile(file);
          if (bytes.length < 1024) return;
          const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
          await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
          await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
        }),
      );
    },
  };
}

export default defineConfig({
  base: "/static/",
  plugins: [react(), precompress()],
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
    // Shared machines stall for seconds.
    testTimeout: 60_000,
    // One DOM per worker instead of per file: a third of the time. Tests clean up what they add to the page.
    isolate: false,
  },
});
