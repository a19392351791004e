#include "mongo/db/auth/aws_auth/parameters.h"

#include "mongo/base/error_codes.h"
#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"
#include "mongo/db/auth/sasl_options.h"

namespace mongo {
namespace awsauth {

Parameters parameters;

namespace {

template <class Value>
std::string valueOf(const Value& storage) {
    return asText(storage);
}
std::string valueOf(RuntimeText& storage) {
    return storage.get();
}
template <class Value>
std::string valueOf(const AtomicValue<Value>& storage) {
    return asText(storage.load());
}

}  // namespace

std::string asText(const std::string& value) {
    return value;
}
std::string asText(int value) {
    return std::to_string(value);
}
std::string asText(bool value) {
    return value ? "true" : "false";
}

std::vector<OptionText> optionTexts() {
    Parameters initial;
    std::vector<OptionText> all;
#define MAWS_TEXT(kind, name, value) \
    all.push_back({#name, valueOf(parameters.name), valueOf(initial.name)});
    MAWS_SERVER_OPTIONS(MAWS_TEXT)
#undef MAWS_TEXT
    // Where the server has awsStsHost itself, empty means its default, which is also the plugin's.
    for (OptionText& option : all) {
        if (option.name != "awsStsHost") continue;
        const std::string host =
            ServersStsHost<SASLGlobalParams>::get(saslGlobalParams, option.value);
        option.value = host.empty() ? option.initial : host;
    }
    return all;
}

Status setOption(const char* name, const std::string& value) {
    Active* const plugin = active();
    if (plugin == nullptr) return Status::OK();
    const auto set = plugin->plugin().set_options({{name, value}});
    if (set || set.error().status == MAWS_E_HANDLE) return Status::OK();
    return Status(ErrorCodes::BadValue, set.error().message);
}

}  // namespace awsauth
}  // namespace mongo
