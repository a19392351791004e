// mongosh as a program: see ../README.md for what it is asked and answers.
// A script of mongosh gets no arguments, so they come in the environment.
const fs = require("fs");
const { DRIVER_ACTION: action, DRIVER_URI: uri } = process.env;

function say(answer) {
  fs.writeSync(1, JSON.stringify(answer) + "\n");
}

function talk() {
  const products = new Mongo(uri).getDB("shop").products;
  if (action === "login") {
    const status = products.getDB().runCommand({ connectionStatus: 1 });
    say({ user: status.authInfo.authenticatedUsers[0].user });
  } else if (action === "restart") {
    products.findOne({ _id: "none" });
    say({ ready: true });
    fs.readSync(0, Buffer.alloc(1));
    products.findOne({ _id: "none" });
    say({ found: 1 });
  }
}

if (action === "version") {
  say({ version: version() });
} else {
  try {
    talk();
  } catch (error) {
    say({ code: typeof error.code === "number" ? error.code : null, message: error.message });
  }
}
