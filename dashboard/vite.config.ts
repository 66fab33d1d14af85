/// <reference types="vitest/config" />
import { defineConfig } from "vite";

/** `npm run dev` shows pages while they are written; the API is asked of a gateway that runs here. */
const gateway = process.env["TAGWARDEN"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  oxc: { jsx: { importSource: "preact" } },
  build: {
    assetsDir: "static",
    assetsInlineLimit: 0,
    target: "es2023",
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", proxy: { "/api": { target: gateway, ws: true } } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    css: { include: /tokens/ },
  },
});
