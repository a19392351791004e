// The plugin of this process: one, however many services of the server have a registry.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "live_logins.h"
#include "maws/plugin.h"

namespace mongo {
namespace awsauth {

class Active {
 public:
    explicit Active(maws::Plugin plugin) : plugin_(std::move(plugin)) {}

    const maws::Plugin& plugin() const { return plugin_; }
    LiveLogins& logins() { return logins_; }
    std::uint64_t nextLogin() { return ++last_login_; }
    // Passes the server's verbosity on to the plugin where it has changed.
    void followLogLevel(std::int32_t level);
    // Ends all logins and destroys the plugin. Says in the log what could not be ended.
    void stop();

 private:
    const maws::Plugin plugin_;
    LiveLogins logins_;
    std::atomic<std::uint64_t> last_login_{0};
    std::atomic<std::int32_t> log_level_{MAWS_LOG_INFO};
};

// Null where the plugin is not in use. Set once, at startup, before the server has threads.
Active* active();
void setActive(Active* plugin);

}  // namespace awsauth
}  // namespace mongo
