// Taplo's language server (npm: @taplo/lsp, which editors embed) on standard input and output.
//
//   node taplo_stdio.mjs FOLDER     FOLDER holds node_modules/@taplo/lsp

import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(path.join(path.resolve(process.argv[2]), "index.js"));
const { TaploLsp } = require("@taplo/lsp");

const environment = {
  now: () => new Date(),
  envVar: (name) => process.env[name],
  envVars: () => Object.entries(process.env),
  stdErrAtty: () => false,
  stdin: () => Promise.resolve(new Uint8Array()),
  stdout: (bytes) => Promise.resolve(bytes.length),
  stderr: (bytes) => Promise.resolve(process.stderr.write(bytes) && bytes.length),
  glob: () => [],
  readFile: (name) => fs.promises.readFile(name),
  writeFile: (name, bytes) => fs.promises.writeFile(name, bytes),
  urlToFilePath: (url) => fileURLToPath(url),
  isAbsolute: (name) => path.isAbsolute(name),
  cwd: () => process.cwd(),
  findConfigFile: () => undefined,
  fetch: {
    fetch: () => Promise.reject(new Error("offline")),
    Headers: globalThis.Headers,
    Request: globalThis.Request,
    Response: globalThis.Response,
  },
};

// Schemas are files here: the catalogue that it would look up is not asked for.
globalThis.fetch = () => Promise.reject(new Error("offline"));

const server = await TaploLsp.initialize(environment, {
  onMessage(message) {
    const body = Buffer.from(JSON.stringify(message));
    process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
    process.stdout.write(body);
  },
});

let waiting = Buffer.alloc(0);
process.stdin.on("data", (piece) => {
  waiting = Buffer.concat([waiting, piece]);
  for (;;) {
    const end = waiting.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(waiting.subarray(0, end).toString())[1]);
    const body = waiting.subarray(end + 4, end + 4 + length);
    if (body.length < length) return;
    waiting = waiting.subarray(end + 4 + length);
    server.send(JSON.parse(body.toString()));
  }
});
process.stdin.on("end", () => process.exit(0));
