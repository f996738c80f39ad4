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

// Azurite keeps its lists of containers and blobs in memory (lokijs) and saves them every five seconds. A client that was
// told that its write is done may rely on it, though we are killed: an answer to a write waits for the save.
const databases = new Set();

function saveEverything() {
  const unsaved = [...databases].filter((one) => one.throttledSavePending || one.autosaveDirty());
  return Promise.all(
    unsaved.map((one) => new Promise((done, fail) => one.saveDatabase((error) => (error ? fail(error) : done())))),
  );
}

function answerAfterSaving(http, Loki) {
  const { autosaveEnable } = Loki.prototype;
  Loki.prototype.autosaveEnable = function (...given) {
    databases.add(this);
    return autosaveEnable.apply(this, given);
  };
  const { end } = http.ServerResponse.prototype;
  http.ServerResponse.prototype.end = function (...given) {
    if (["GET", "HEAD", "OPTIONS"].includes(this.req.method) || this.statusCode >= 400) return end.apply(this, given);
    saveEverything().then(
      () => end.apply(this, given),
      () => this.destroy(), // a full disk: no answer is better than a wrong one
    );
    return this;
  };
}

function findLoki(from) {
  try {
    return require.resolve("lokijs", { paths: [from] });
  } catch {
    console.warn("there is no lokijs beside Azurite: what it confirms may be lost for five seconds when it is killed");
    return null;
  }
}

// The program that Azurite sees: itself, with its own arguments.
process.argv.splice(1, 1);
const main = process.argv[1];
const loki = findLoki(main);
if (loki) answerAfterSaving(require("http"), require(loki));
require(main);
