#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"

#include "mongo/db/auth/aws_auth/server_log.h"

namespace mongo {
namespace awsauth {
namespace {

// Never freed: a thread of the server may still be in a login while the process exits.
Active* theActive = nullptr;

}  // namespace

Active* active() {
    return theActive;
}

void setActive(Active* plugin) {
    theActive = plugin;
}

void Active::followLogLevel(std::int32_t level) {
    if (log_level_.swap(level) == level) return;
    const auto changed = plugin_.set_log_level(level);
    if (!changed) logWarning(changed.error().message);
}

}  // namespace awsauth
}  // namespace mongo
