// Loading of the plugin at startup.
#pragma once

#include "mongo/base/status.h"

namespace mongo {
namespace awsauth {

// Loads the plugin where it is asked for: MONGODB-AWS is offered, and awsAuthPluginPath is set or
// the server has no mechanism of its own. A status other than OK says what is wrong, and stops the
// server. Called once, by an initializer.
Status startUp();

}  // namespace awsauth
}  // namespace mongo
