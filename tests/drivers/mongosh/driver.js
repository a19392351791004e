// mongosh as a program: see ../README.md for what it is asked and answers.
// A script of mongosh gets neither arguments nor standard input: the environment has the arguments,
// and the name of a pipe to read from.
const fs = require("fs");
const { DRIVER_ACTION: action, DRIVER_URI: uri, DRIVER_INPUT: input } = process.env;

function say(answer) {
  fs.writeSync(1, JSON.stringify(answer) + "\n");
}

// Only in calls of the shell itself does the driver get to see what its connections do.
function waitToBeTold() {
  let told = false;
  fs.readFile(input, () => (told = true));
  while (!told) {
    sleep(10);
  }
}

function talk() {
  const products = new Mongo(uri).getDB("shop").products;
  if (action === "login") {
    const status = products.getDB().runCommand({ connectionStatus: 1 });
    say({ user: status.authInfo.authenticatedUsers[0].user });
  } else if (action === "restart") {
    products.findOne({ _id: "none" });
    say({ ready: true });
    waitToBeTold();
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
