// What Plugin and Conversation share. Not for hosts.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "maws/message.h"
#include "maws/plugin.h"

namespace maws::detail {

inline maws_str view(std::string_view text) noexcept {
    return maws_str{text.empty() ? nullptr : text.data(), text.size()};
}

inline std::string_view view(const maws_str& text) noexcept {
    return text.ptr == nullptr ? std::string_view{} : std::string_view(text.ptr, text.len);
}

// A buffer for the plugin's error text.
class ErrorBuffer {
 public:
    maws_error* raw() noexcept { return &raw_; }
    // The plugin's text, or the status where it gave none, in the place of M.
    template <const Message& M>
    Error take(maws_status status) const {
        return Error{status, say<M>(text_or(status)), raw_.reason};
    }

 private:
    std::string text_or(maws_status status) const;

    maws_error raw_ = MAWS_INIT(maws_error);
};

// What is known of a call that gives no text of its own.
std::string status_words(maws_status status);

// What the callbacks of a plugin go to; the plugin's host_ctx.
struct Sinks {
    std::shared_ptr<LogSink> log;
    std::shared_ptr<PluginReadySink> ready;
};

class PluginState {
 public:
    PluginState(Library library, maws_plugin handle, std::unique_ptr<Sinks> sinks) noexcept;
    ~PluginState();
    PluginState(const PluginState&) = delete;
    PluginState& operator=(const PluginState&) = delete;

    const Library& library() const noexcept { return library_; }
    const maws_api* api() const noexcept { return library_.api(); }
    maws_plugin handle() const noexcept { return handle_; }
    // A PluginReadySink takes the place of each conversation's own sink.
    bool has_one_ready_sink() const noexcept { return has_one_ready_sink_; }
    maws_status destroy(std::uint32_t drain_ms) noexcept;

 private:
    const Library library_;
    const maws_plugin handle_;
    const bool has_one_ready_sink_;
    std::mutex mutex_;  // guards the rest; not held while the plugin is called
    bool destroyed_ = false;
    // Behind a pointer so that it can be given up, never freed, when the plugin may still use it.
    std::unique_ptr<Sinks> sinks_;
};

}  // namespace maws::detail
