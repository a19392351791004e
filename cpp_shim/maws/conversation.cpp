#include "maws/conversation.h"

#include <thread>
#include <utility>

#include "maws/messages.h"
#include "maws/plugin_state.h"

namespace maws {
namespace {

template <class Call>
Step take_step(Call call) noexcept {
    maws_step raw = MAWS_INIT(maws_step);
    Step step;
    step.status = call(&raw);
    if (raw.reply.ptr != nullptr) {
        step.reply = std::string_view(reinterpret_cast<const char*>(raw.reply.ptr), raw.reply.len);
    }
    return step;
}

}  // namespace

std::string_view kind_name(std::int32_t kind) noexcept {
    switch (kind) {
        case MAWS_PRINCIPAL_USER:
            return "user";
        case MAWS_PRINCIPAL_ROLE:
            return "role";
        case MAWS_PRINCIPAL_FEDERATED:
            return "federated";
        case MAWS_PRINCIPAL_ROOT:
            return "root";
        case MAWS_PRINCIPAL_INSTANCE:
            return "instance";
        default:
            return "";
    }
}

Result<Conversation> Conversation::begin(const Plugin& plugin, const Begin& args) {
    maws_begin raw = MAWS_INIT(maws_begin);
    raw.flags = args.tls ? MAWS_BEGIN_TLS : 0;
    raw.budget_ms = args.budget_ms;
    raw.conv_ctx = plugin.state_->has_one_ready_sink()
                       ? args.tag
                       : reinterpret_cast<std::uintptr_t>(args.ready);
    raw.log_id = args.log_id;
    raw.database = detail::view(args.database);
    raw.client_addr = detail::view(args.client_addr);

    maws_conv handle{};
    detail::ErrorBuffer error;
    const maws_status status =
        plugin.state_->api()->begin(plugin.state_->handle(), &raw, &handle, error.raw());
    if (status < 0) return error.take<messages::kNotBegun>(status);
    return Conversation(plugin.state_, handle);
}

Conversation::Conversation(Conversation&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)), handle_(other.handle_) {}

Conversation& Conversation::operator=(Conversation&& other) noexcept {
    if (this != &other) {
        end();
        state_ = std::exchange(other.state_, nullptr);
        handle_ = other.handle_;
    }
    return *this;
}

Step Conversation::step(std::string_view payload) noexcept {
    if (state_ == nullptr) return {};
    return take_step([&](maws_step* out) {
        return state_->api()->step(handle_, reinterpret_cast<const std::uint8_t*>(payload.data()),
                                   payload.size(), out);
    });
}

Step Conversation::poll(std::uint32_t wait_ms) noexcept {
    if (state_ == nullptr) return {};
    return take_step([&](maws_step* out) { return state_->api()->poll(handle_, wait_ms, out); });
}

Canceller Conversation::canceller() const noexcept {
    return state_ == nullptr ? Canceller() : Canceller(state_->api(), handle_);
}

Info Conversation::info() const noexcept {
    Info info;
    if (state_ == nullptr) return info;
    maws_info raw = MAWS_INIT(maws_info);
    const maws_status status = state_->api()->info(handle_, &raw);
    if (status < 0) {
        info.status = status;
        return info;
    }
    info.status = raw.status;
    info.reason = raw.reason;
    info.kind = raw.kind;
    info.principal = detail::view(raw.principal);
    info.raw_arn = detail::view(raw.raw_arn);
    info.account = detail::view(raw.account);
    info.user_id = detail::view(raw.user_id);
    info.session_name = detail::view(raw.session_name);
    info.access_key_id = detail::view(raw.access_key_id);
    info.sts_host = detail::view(raw.sts_host);
    info.sts_request_id = detail::view(raw.sts_request_id);
    info.sts_error_code = detail::view(raw.sts_error_code);
    info.detail = detail::view(raw.detail);
    info.queue_us = raw.queue_us;
    info.connect_us = raw.connect_us;
    info.sts_us = raw.sts_us;
    info.total_us = raw.total_us;
    return info;
}

void Conversation::end() noexcept {
    if (state_ == nullptr) return;
    const maws_api* api = state_->api();
    api->cancel(handle_);
    // Another thread that is inside the handle leaves it at once: steps never wait, and the cancel
    // has woken a poll. The ready sink may go only after a true end.
    while (api->end(handle_) == MAWS_E_IN_USE) std::this_thread::yield();
    state_.reset();
}

}  // namespace maws
