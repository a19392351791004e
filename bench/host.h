// The plugin as a server has it: loaded with dlopen, called through its C interface.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mongodb_aws_auth.h"

namespace bench {

using Options = std::vector<std::pair<std::string, std::string>>;

inline maws_str view(std::string_view text) {
    return {text.data(), text.size()};
}

inline std::string_view text(maws_str str) {
    return str.len == 0 ? std::string_view{} : std::string_view{str.ptr, str.len};
}

// The client's messages. No STS stand-in of the benchmark checks a signature, so that all logins
// send the same ones.
std::string client_first(std::string_view nonce);
std::string client_second(std::string_view authorization, std::string_view date,
                          std::string_view token = {});
const std::string& fixed_first();
const std::string& fixed_second();

class Host {
 public:
    using Ready = void (*)(std::uintptr_t host_ctx, std::uintptr_t conv_ctx);

    // Ends the program where the plugin cannot be loaded or does not take the options.
    Host(const std::string& plugin, const Options& options, Ready ready,
         std::uintptr_t host_ctx = 0, std::int32_t log_level = MAWS_LOG_OFF);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host();

    maws_status begin(std::uintptr_t conv_ctx, maws_conv& conv) const;
    // The reply is valid until the conversation ends.
    maws_status send(maws_conv conv, std::string_view payload, maws_bytes* reply = nullptr) const;
    maws_status outcome(maws_conv conv, std::uint32_t wait_ms = 0) const;
    maws_info info(maws_conv conv) const;
    void cancel(maws_conv conv) const { api_->cancel(conv); }
    void end(maws_conv conv) const { api_->end(conv); }
    maws_status set_option(std::string_view name, std::string_view value) const;
    maws_stats stats() const;

 private:
    const maws_api* api_;
    maws_plugin plugin_{};
};

}  // namespace bench
