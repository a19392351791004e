// The Node driver as a program: see ../README.md for what it is asked and answers.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { MongoClient } from "mongodb";

const [action, uri, count] = process.argv.slice(2);

function say(answer) {
  console.log(JSON.stringify(answer));
}

async function talk(client) {
  const products = client.db("shop").collection("products");
  const find = () => products.findOne({ _id: "none" });
  if (action === "login") {
    const status = await client.db("admin").command({ connectionStatus: 1 });
    say({ user: status.authInfo.authenticatedUsers[0].user });
  } else if (action === "pool") {
    await Promise.all(Array.from({ length: Number(count) }, find));
    say({ found: Number(count) });
  } else if (action === "restart") {
    await find();
    say({ ready: true });
    const lines = createInterface({ input: process.stdin });
    await lines[Symbol.asyncIterator]().next();
    await find();
    say({ found: 1 });
    lines.close();
  }
}

async function main() {
  if (action === "version") {
    const about = new URL("node_modules/mongodb/package.json", import.meta.url);
    say({ version: JSON.parse(readFileSync(about, "utf8")).version });
    return;
  }
  let client;
  try {
    client = new MongoClient(uri);
    await talk(client);
  } catch (error) {
    say({ code: error.code ?? null, message: error.message });
  } finally {
    await client?.close();
  }
}

await main();
