#include "active.h"

#include <chrono>
#include <exception>

#include "messages.h"
#include "server_log.h"

namespace mongo {
namespace awsauth {
namespace {

// Within what the server takes for the rest of its shutdown.
constexpr std::chrono::milliseconds kLoginsLimit{5000};
constexpr std::uint32_t kDrainMs = 5000;

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
    if (log_level_.exchange(level) == level) return;
    const auto changed = plugin_.set_log_level(level);
    if (!changed) logWarning(changed.error().message);
}

void Active::stop() {
    if (!logins_.stop(kLoginsLimit)) {
        logWarning(maws::say<messages::kLoginDidNotEnd>());
        return;
    }
    const auto destroyed = plugin_.destroy(kDrainMs);
    if (!destroyed && destroyed.error().status != MAWS_E_HANDLE) {
        logWarning(destroyed.error().message);
    }
}

}  // namespace awsauth
}  // namespace mongo
