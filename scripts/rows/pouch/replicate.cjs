// PouchDB -> express-pouchdb over HTTP: `node replicate.cjs DIR serve` listens and prints its port;
// `node replicate.cjs DIR push URL FILE BATCH` replicates the documents of FILE (JSON, one a line) and prints seconds.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const [folder, what, ...rest] = process.argv.slice(2);
const load = createRequire(`${folder}/package.json`);
const PouchDB = load("pouchdb");

if (what === "serve") {
  const app = load("express")();
  app.use("/", load("express-pouchdb")(PouchDB.defaults({ prefix: `${rest[0]}/` }), { inMemoryConfig: true, logPath: `${rest[0]}/log` }));
  const listening = app.listen(0, "127.0.0.1", () => console.log(listening.address().port));
} else {
  const [url, file, batch, place] = rest;
  const documents = readFileSync(file, "utf8").trim().split("\n").map((line, n) => ({ _id: String(n).padStart(9, "0"), ...JSON.parse(line) }));
  (async () => {
    const own = new PouchDB(place);
    await own.bulkDocs(documents);
    const began = process.hrtime.bigint();
    const done = await own.replicate.to(`${url}/bench`, { batch_size: Number(batch) });
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    if (done.docs_written !== documents.length) throw new Error(`${done.docs_written} documents written`);
    console.log(seconds);
  })();
}
