// The server's parameters for the plugin: where their values are kept, and how they get there.
//
// The parameters are declared in aws_auth.idl and aws_auth_sts_host.idl. Those of the plugin's
// options, with their kinds and defaults, are in option_list.h; the files are rendered from the
// plugin's table of options.
#pragma once

#include <string>
#include <vector>

#include "mongo/base/status.h"
#include "mongo/db/auth/aws_auth/compat.h"
#include "mongo/db/auth/aws_auth/option_list.h"
#include "mongo/util/synchronized_value.h"

namespace mongo {
namespace awsauth {

#if defined(MAWS_DEFAULT_PLUGIN_PATH)
constexpr const char* kPackagedPluginPath = MAWS_DEFAULT_PLUGIN_PATH;
#else
constexpr const char* kPackagedPluginPath = "/usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1";
#endif

// Kinds of values. What may change while the server runs is safe to read meanwhile.
using StartupText = std::string;
using StartupNumber = int;
using StartupFlag = bool;
using RuntimeText = synchronized_value<std::string>;
using RuntimeNumber = AtomicValue<int>;
using RuntimeFlag = AtomicValue<bool>;

struct Parameters {
    // Empty: the plugin is not used. By default so where the server can do without it.
    std::string awsAuthPluginPath = kHasBuiltIn ? "" : kPackagedPluginPath;
    AtomicValue<int> awsMaxSessionSecs{0};
#define MAWS_MEMBER(kind, name, value) kind name{value};
    MAWS_SERVER_OPTIONS(MAWS_MEMBER)
#undef MAWS_MEMBER
};

extern Parameters parameters;

// All options of the plugin that the server has parameters for, with their values as text.
struct OptionText {
    std::string name;
    std::string value;
    std::string initial;
};
std::vector<OptionText> optionTexts();

// Gives the plugin in use, if there is one, the new value of a run-time option. Its refusal says
// what is legal.
Status setOption(const char* name, const std::string& value);

std::string asText(const std::string& value);
std::string asText(int value);
std::string asText(bool value);

// The validator of one run-time option: what the plugin refuses is not stored. Before the plugin
// is loaded everything passes, since loading checks all options. The lines differ in what they
// pass besides the value.
struct RuntimeCheck {
    const char* name;
    template <class Value, class... More>
    Status operator()(const Value& value, const More&... /*more*/) const {
        return setOption(name, asText(value));
    }
};
#define MAWS_CHECK_StartupText(name)
#define MAWS_CHECK_StartupNumber(name)
#define MAWS_CHECK_StartupFlag(name)
#define MAWS_CHECK_RuntimeText(name) constexpr RuntimeCheck check_##name{#name};
#define MAWS_CHECK_RuntimeNumber(name) constexpr RuntimeCheck check_##name{#name};
#define MAWS_CHECK_RuntimeFlag(name) constexpr RuntimeCheck check_##name{#name};
#define MAWS_CHECK(kind, name, value) MAWS_CHECK_##kind(name)
MAWS_SERVER_OPTIONS(MAWS_CHECK)
#undef MAWS_CHECK

}  // namespace awsauth
}  // namespace mongo
