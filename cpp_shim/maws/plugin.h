// The plugin in use: one configuration with its workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "maws/library.h"
#include "maws/result.h"

namespace maws {

struct LogEvent {
    std::int32_t level = MAWS_LOG_INFO;  // one of maws_log_level; see map_level
    std::uint32_t message_id = 0;        // stable number of the message
    std::uint64_t log_id = 0;            // Begin::log_id of the conversation, or 0
    std::string_view text;               // valid during the call only
};

// Takes the plugin's log lines. Called on any thread, also on several at once and on the plugin's
// own; must not call the plugin. Whatever goes wrong inside stays inside.
class LogSink {
 public:
    virtual ~LogSink() = default;
    virtual void log(const LogEvent& event) noexcept = 0;
};

// Is told that a pending conversation has its outcome. Called on a thread of the plugin, perhaps
// before the step that is pending has returned; must not call the plugin. BasicWaiter is one.
class ReadySink {
 public:
    virtual ~ReadySink() = default;
    virtual void notify_ready() noexcept = 0;
};

// The same for all conversations of a plugin in one place, for a server whose event loop serves
// them. ReadyQueue is one.
class PluginReadySink {
 public:
    virtual ~PluginReadySink() = default;
    virtual void notify_ready(std::uint64_t tag) noexcept = 0;  // Begin::tag
};

struct Option {
    std::string key;
    std::string value;
};

namespace detail {
class PluginState;
}

// A handle on one created plugin. Every member may be called by any threads at once.
//
// The plugin is destroyed by destroy(), or when the last Plugin and Conversation that refer to it
// are gone: a conversation never outlives its plugin.
class Plugin {
 public:
    struct Host {
        // Both may be null, and are kept for as long as the plugin may call them.
        std::shared_ptr<LogSink> log;
        std::int32_t log_level = MAWS_LOG_INFO;
        std::shared_ptr<PluginReadySink> ready = nullptr;  // in place of each Begin::ready
    };

    // Checks all options and reads the files that they name; starts no thread and uses no network.
    // Call it after the server's last fork. The error names the option and what is legal.
    static Result<Plugin> create(const Library& library, const std::vector<Option>& options,
                                 Host host);

    // Changes run-time options, all or none.
    Result<void> set_options(const std::vector<Option>& options) const;
    Result<std::string> get_option(std::string_view key) const;
    Result<void> set_log_level(std::int32_t level) const;
    Result<maws_stats> stats() const;
    // The statistics as one JSON document.
    Result<std::string> stats_json() const;

    // Takes no more logins, for good; those that live go on. Call it before destroy in a server
    // that still accepts connections. MAWS_E_VERSION, and nothing changed, with a plugin of minor
    // version 0.
    Result<void> quiesce() const;

    // Stops the plugin: interrupts calls in flight and waits at most drain_ms milliseconds for its
    // workers. Afterwards no callback runs and the sinks are let go. Fails with MAWS_E_IN_USE,
    // and changes nothing, while conversations live. MAWS_E_TIMEOUT: destroyed, but a thread that
    // the operating system holds on to was left behind; it touches nothing of the host.
    Result<void> destroy(std::uint32_t drain_ms) const;

    const Library& library() const noexcept;

 private:
    friend class Conversation;
    explicit Plugin(std::shared_ptr<detail::PluginState> state) : state_(std::move(state)) {}

    std::shared_ptr<detail::PluginState> state_;
};

}  // namespace maws
