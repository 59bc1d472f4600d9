import { defineConfig } from 'vite';

// The names are fixed and the addresses relative: the program serves the three files below a
// token, and embeds them by name.
export default defineConfig({
  root: 'app',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'app.js',
        assetFileNames: 'app[extname]',
      },
    },
  },
  test: { root: '.', include: ['tests/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
