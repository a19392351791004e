// Set-ups that start and then surprise.
#pragma once

#include "maws/library.h"

namespace mongo {
namespace awsauth {

// Logs a warning for each of them that this server has. (A proxy in the environment, which is not
// used, is named by the plugin itself.)
void warnOfSetup(const maws::Library& library);

}  // namespace awsauth
}  // namespace mongo
