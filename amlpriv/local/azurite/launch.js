// Runs Azurite's blob service and ends it, with its data saved, when standard input closes: that happens whatever
// becomes of the process that holds the other end, on every operating system.
// node launch.js MAIN ARGUMENT...; the environment variable AMLPRIV_RUNNING names the file to keep while this runs.
"use strict";

const fs = require("fs");

const SAVE_SECONDS = 4;
const running = process.env.AMLPRIV_RUNNING;

function close() {
  setTimeout(() => process.exit(0), SAVE_SECONDS * 1000).unref();
  if (!process.emit("SIGTERM")) process.exit(0); // Azurite listens for it once it is up
}

fs.writeFileSync(running, String(process.pid));
process.on("exit", () => fs.rmSync(running, { force: true }));
process.stdin.on("end", close);
process.stdin.on("error", close);
process.stdin.resume();

// The program that Azurite sees: itself, with its own arguments.
process.argv.splice(1, 1);
require(process.argv[1]);
