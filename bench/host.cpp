#include "host.h"

#include <dlfcn.h>

#include <cstdio>

#include "measure.h"

namespace bench {

namespace {

constexpr std::uint32_t drain_ms = 10000;

void append(std::string& to, std::size_t number) {
    for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(number >> shift);
}

// A BSON document of these elements.
std::string document(const std::string& elements) {
    std::string result;
    append(result, elements.size() + 5);
    return result + elements + '\0';
}

std::string string_element(char name, std::string_view value) {
    std::string result{'\x02', name, '\0'};
    append(result, value.size() + 1);
    return result.append(value) + '\0';
}

extern "C" void log_to_stderr(std::uintptr_t, const maws_log_event* event) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(event->text.len), event->text.ptr);
}

}  // namespace

std::string client_first(std::string_view nonce) {
    std::string elements{'\x05', 'r', '\0'};
    append(elements, nonce.size());
    elements += '\0';
    elements.append(nonce).append({'\x10', 'p', '\0', 'n', '\0', '\0', '\0'});
    return document(elements);
}

std::string client_second(std::string_view authorization, std::string_view date,
                          std::string_view token) {
    std::string elements = string_element('a', authorization) + string_element('d', date);
    if (!token.empty()) elements += string_element('t', token);
    return document(elements);
}

const std::string& fixed_first() {
    static const std::string message = client_first(std::string(32, 'r'));
    return message;
}

const std::string& fixed_second() {
    static const std::string message = client_second(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/sts/aws4_request, "
        "SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;"
        "x-mongodb-server-nonce, Signature=" +
            std::string(64, '5'),
        "20260101T000000Z");
    return message;
}

Host::Host(const std::string& plugin, const Options& options, Ready ready, std::uintptr_t host_ctx,
           std::int32_t log_level) {
    void* library = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) fail(dlerror());
    const auto entry = reinterpret_cast<maws_entry_fn>(dlsym(library, "maws_plugin_entry_v1"));
    if (entry == nullptr) fail(plugin + " is not the plugin");
    api_ = entry(MAWS_ABI_MINOR, nullptr);
    maws_host host{};
    host.struct_size = sizeof host;
    host.abi_minor = MAWS_ABI_MINOR;
    host.host_ctx = host_ctx;
    host.log = log_to_stderr;
    host.conv_ready = ready;
    host.log_level = log_level;
    std::vector<maws_option> given;
    for (const auto& [key, value] : options) given.push_back({view(key), view(value)});
    maws_error error{};
    error.struct_size = sizeof error;
    if (api_->create(&host, given.data(), given.size(), &plugin_, &error) != MAWS_DONE) {
        fail(error.message);
    }
}

Host::~Host() {
    api_->destroy(plugin_, drain_ms);
}

maws_status Host::begin(std::uintptr_t conv_ctx, maws_conv& conv) const {
    maws_begin begin{};
    begin.struct_size = sizeof begin;
    begin.flags = MAWS_BEGIN_TLS;
    begin.conv_ctx = conv_ctx;
    begin.database = view("$external");
    begin.client_addr = view("127.0.0.1:50000");
    return api_->begin(plugin_, &begin, &conv, nullptr);
}

maws_status Host::send(maws_conv conv, std::string_view payload, maws_bytes* reply) const {
    maws_step step{};
    step.struct_size = sizeof step;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
    const maws_status status = api_->step(conv, bytes, payload.size(), &step);
    if (reply != nullptr) *reply = step.reply;
    return status;
}

maws_status Host::outcome(maws_conv conv, std::uint32_t wait_ms) const {
    maws_step step{};
    step.struct_size = sizeof step;
    return api_->poll(conv, wait_ms, &step);
}

maws_info Host::info(maws_conv conv) const {
    maws_info info{};
    info.struct_size = sizeof info;
    api_->info(conv, &info);
    return info;
}

maws_status Host::set_option(std::string_view name, std::string_view value) const {
    const maws_option option{view(name), view(value)};
    return api_->set_options(plugin_, &option, 1, nullptr);
}

maws_stats Host::stats() const {
    maws_stats stats{};
    stats.struct_size = sizeof stats;
    api_->stats(plugin_, &stats);
    return stats;
}

}  // namespace bench
