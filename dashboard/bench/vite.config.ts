import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Builds the bare page that `benchmarks/dashboard.py` compares with. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/bare/",
  build: {
    rolldownOptions: { input: fileURLToPath(new URL("bare.html", import.meta.url)) },
    target: "es2023",
    modulePreload: { polyfill: false },
  },
});
