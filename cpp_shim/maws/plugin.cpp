#include "maws/plugin.h"

#include <tuple>
#include <utility>

#include "maws/messages.h"
#include "maws/plugin_state.h"
#include "maws/status.h"

namespace maws {
namespace {

// For a plugin that nobody destroyed explicitly; its workers have no work left then.
constexpr std::uint32_t kImplicitDrainMs = 1000;

void on_log(std::uintptr_t host_ctx, const maws_log_event* raw) noexcept {
    const auto* sinks = reinterpret_cast<const detail::Sinks*>(host_ctx);
    if (sinks->log == nullptr || raw == nullptr) return;
    LogEvent event;
    event.level = raw->level;
    event.message_id = raw->message_id;
    event.log_id = raw->log_id;
    event.text = detail::view(raw->text);
    sinks->log->log(event);
}

void on_ready(std::uintptr_t host_ctx, std::uintptr_t conv_ctx) noexcept {
    const auto* sinks = reinterpret_cast<const detail::Sinks*>(host_ctx);
    if (sinks->ready != nullptr) {
        sinks->ready->notify_ready(conv_ctx);
    } else if (conv_ctx != 0) {
        reinterpret_cast<ReadySink*>(conv_ctx)->notify_ready();
    }
}

std::vector<maws_option> raw_options(const std::vector<Option>& options) {
    std::vector<maws_option> raw;
    raw.reserve(options.size());
    for (const Option& option : options) {
        raw.push_back(maws_option{detail::view(option.key), detail::view(option.value)});
    }
    return raw;
}

// Asks for a text until the buffer is large enough: its length may change between two calls. On
// failure `fail` makes an error of the status.
template <class Call, class Fail>
Result<std::string> read_text(Call call, Fail fail) {
    std::string buffer(256, '\0');
    for (int attempt = 0; attempt < 8; ++attempt) {
        std::size_t needed = 0;
        const maws_status status = call(buffer.data(), buffer.size(), &needed);
        if (status == MAWS_DONE && needed >= 1 && needed <= buffer.size()) {
            buffer.resize(needed - 1);
            return buffer;
        }
        if (status != MAWS_E_BUFFER) {
            return fail(status < 0 ? status : MAWS_E_INTERNAL);
        }
        buffer.assign(needed + needed / 4, '\0');
    }
    return fail(MAWS_E_INTERNAL);
}

}  // namespace

namespace detail {

std::string status_words(maws_status status) {
    return say<messages::kBareStatus>(status, group_name(group_of(status)));
}

std::string ErrorBuffer::text_or(maws_status status) const {
    const char* text = raw_.message;
    std::size_t length = 0;
    while (length < sizeof raw_.message && text[length] != '\0') ++length;
    return length == 0 ? status_words(status) : std::string(text, length);
}

PluginState::PluginState(Library library, maws_plugin handle, std::unique_ptr<Sinks> sinks) noexcept
    : library_(std::move(library)),
      handle_(handle),
      has_one_ready_sink_(sinks->ready != nullptr),
      sinks_(std::move(sinks)) {}

PluginState::~PluginState() {
    const maws_status status = destroy(kImplicitDrainMs);
    // Conversations hold a reference to this object, so the plugin can only still be alive when it
    // cannot be destroyed from here: in a forked child, or from inside a callback. Then the sinks
    // have to outlive it.
    if (status < 0 && status != MAWS_E_TIMEOUT && status != MAWS_E_HANDLE) {
        std::ignore = sinks_.release();
    }
}

maws_status PluginState::destroy(std::uint32_t drain_ms) noexcept {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (destroyed_) return MAWS_E_HANDLE;
    }
    // Without the lock: the plugin may log during this call, and a second destroy of the same
    // handle is answered by the plugin itself.
    const maws_status status = api()->destroy(handle_, drain_ms);
    if (status == MAWS_DONE || status == MAWS_E_TIMEOUT) {
        const std::lock_guard<std::mutex> lock(mutex_);
        destroyed_ = true;
        sinks_.reset();
    }
    return status;
}

}  // namespace detail

Result<Plugin> Plugin::create(const Library& library, const std::vector<Option>& options,
                              Host host) {
    auto sinks = std::make_unique<detail::Sinks>();
    sinks->log = std::move(host.log);
    sinks->ready = std::move(host.ready);
    maws_host raw = MAWS_INIT(maws_host);
    raw.host_ctx = reinterpret_cast<std::uintptr_t>(sinks.get());
    raw.log = sinks->log != nullptr ? on_log : nullptr;
    raw.conv_ready = on_ready;
    raw.log_level = host.log_level;

    const std::vector<maws_option> raw_list = raw_options(options);
    maws_plugin handle{};
    detail::ErrorBuffer error;
    const maws_status status =
        library.api()->create(&raw, raw_list.data(), raw_list.size(), &handle, error.raw());
    if (status != MAWS_DONE) return error.take<messages::kPluginSays>(status);
    return Plugin(std::make_shared<detail::PluginState>(library, handle, std::move(sinks)));
}

Result<void> Plugin::set_options(const std::vector<Option>& options) const {
    const std::vector<maws_option> raw = raw_options(options);
    detail::ErrorBuffer error;
    const maws_status status =
        state_->api()->set_options(state_->handle(), raw.data(), raw.size(), error.raw());
    if (status != MAWS_DONE) return error.take<messages::kPluginSays>(status);
    return {};
}

Result<std::string> Plugin::get_option(std::string_view key) const {
    return read_text(
        [&](char* buffer, std::size_t cap, std::size_t* needed) {
            return state_->api()->get_option(state_->handle(), detail::view(key), buffer, cap,
                                             needed);
        },
        [key](maws_status status) {
            return make_error<messages::kOptionUnread>(status, key, detail::status_words(status));
        });
}

Result<void> Plugin::set_log_level(std::int32_t level) const {
    const maws_status status = state_->api()->set_log_level(state_->handle(), level);
    if (status == MAWS_DONE) return {};
    return make_error<messages::kLogLevelUnset>(status, detail::status_words(status));
}

Result<maws_stats> Plugin::stats() const {
    maws_stats stats = MAWS_INIT(maws_stats);
    const maws_status status = state_->api()->stats(state_->handle(), &stats);
    if (status == MAWS_DONE) return stats;
    return make_error<messages::kStatsUnread>(status, detail::status_words(status));
}

Result<std::string> Plugin::stats_json() const {
    return read_text(
        [&](char* buffer, std::size_t cap, std::size_t* needed) {
            return state_->api()->stats_json(state_->handle(), buffer, cap, needed);
        },
        [](maws_status status) {
            return make_error<messages::kStatsUnread>(status, detail::status_words(status));
        });
}

Result<void> Plugin::quiesce() const {
    const maws_api* api = state_->api();
    const maws_status status =
        MAWS_HAS(maws_api, api, quiesce) ? api->quiesce(state_->handle()) : MAWS_E_VERSION;
    if (status == MAWS_DONE) return {};
    return make_error<messages::kNotQuiesced>(status, detail::status_words(status));
}

Result<void> Plugin::destroy(std::uint32_t drain_ms) const {
    const maws_status status = state_->destroy(drain_ms);
    if (status == MAWS_DONE) return {};
    return make_error<messages::kNotDestroyed>(status, detail::status_words(status));
}

const Library& Plugin::library() const noexcept {
    return state_->library();
}

}  // namespace maws
