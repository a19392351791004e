// The plugin of this process: one, however many services of the server have a registry.
#pragma once

#include <cstdint>
#include <utility>

#include "maws/plugin.h"
#include "mongo/db/auth/aws_auth/compat.h"

namespace mongo {
namespace awsauth {

// Lives until the process ends. No shutdown task stops it: the server interrupts all operations
// once it takes no more connections, which ends pending logins, and then leaves by quickExit.
class Active {
 public:
    explicit Active(maws::Plugin plugin) : plugin_(std::move(plugin)) {}

    const maws::Plugin& plugin() const { return plugin_; }
    std::uint64_t nextLogin() { return last_login_.addAndFetch(1); }
    // Passes the server's verbosity on to the plugin where it has changed.
    void followLogLevel(std::int32_t level);

 private:
    const maws::Plugin plugin_;
    AtomicValue<unsigned long long> last_login_{0};
    AtomicValue<int> log_level_{MAWS_LOG_INFO};
};

// Null where the plugin is not in use. Set once, at startup, before the server has threads.
Active* active();
void setActive(Active* plugin);

}  // namespace awsauth
}  // namespace mongo
