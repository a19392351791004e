#include "config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "maws/status.h"
#include "messages.h"

namespace host {

const char* const kUsage =
    "usage: mongo-aws-host --plugin PATH --users FILE [options]\n"
    "\n"
    "  --plugin PATH                the plugin, libmongodb_aws_auth.so; an absolute path\n"
    "  --users FILE                 users of $external: a JSON array of {\"user\", \"roles\"}\n"
    "  --port N                     27017; 0 takes a free port\n"
    "  --bind_ip IP                 127.0.0.1\n"
    "  --setParameter NAME=VALUE    an option of the plugin; may be repeated\n"
    "  --tlsCertificateKeyFile PEM  certificate and key; clients must then use TLS\n"
    "  --logLevel LEVEL             debug, info (default), warning, error or off\n"
    "  --logpath FILE               appended to; default standard error\n"
    "\n"
    "Prints 'listening on IP:PORT' on standard output when it is ready. SIGTERM stops it.\n"
    "Exit status: 0 stopped, 1 a failure at run time, 2 a wrong setting.\n";

namespace {

template <const maws::Message& M, class... Values>
maws::Error wrong(const Values&... values) {
    return maws::make_error<M>(MAWS_E_ARGUMENT, values...);
}

std::optional<std::uint16_t> port_of(const std::string& text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return port;
}

maws::Result<void> add_parameter(Config& config, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
        return wrong<messages::kNoPair>(text);
    }
    maws::Option option{text.substr(0, equals), text.substr(equals + 1)};
    for (const maws::Option& other : config.parameters) {
        if (other.key == option.key) return wrong<messages::kGivenTwice>(option.key);
    }
    config.parameters.push_back(std::move(option));
    return {};
}

maws::Result<void> apply(Config& config, const std::string& name, const std::string& value) {
    if (name == "--port") {
        const auto port = port_of(value);
        if (!port) return wrong<messages::kBadPort>(value);
        config.port = *port;
    } else if (name == "--setParameter") {
        return add_parameter(config, value);
    } else if (name == "--logLevel") {
        const auto level = maws::level_of(value);
        if (!level) return wrong<messages::kBadLogLevel>(value);
        config.log_level = *level;
    } else if (name == "--bind_ip") {
        config.bind_ip = value;
    } else if (name == "--plugin") {
        config.plugin = value;
    } else if (name == "--users") {
        config.users = value;
    } else if (name == "--tlsCertificateKeyFile") {
        config.certificate_key_file = value;
    } else if (name == "--logpath") {
        config.log_path = value;
    } else {
        return wrong<messages::kUnknownOption>(name);
    }
    return {};
}

}  // namespace

maws::Result<Config> parse_command_line(const std::vector<std::string>& arguments) {
    Config config;
    config.log_level = MAWS_LOG_INFO;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string name = arguments[i];
        std::string value;
        if (name == "--help") {
            config.help = true;
            return config;
        }
        const std::size_t equals = name.find('=');
        if (equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            return wrong<messages::kNeedsValue>(name);
        }
        if (auto applied = apply(config, name, value); !applied) return applied.error();
    }
    if (config.plugin.empty()) return wrong<messages::kNoPlugin>();
    if (config.users.empty()) return wrong<messages::kNoUsers>();
    return config;
}

maws::Result<std::vector<maws::Option>> plugin_options(const Config& config,
                                                       const maws::Library& library) {
    const std::vector<maws::OptionInfo> known = library.options();
    std::vector<maws::Option> options;
    for (const maws::Option& parameter : config.parameters) {
        if (parameter.key == "authenticationMechanisms") {
            // mongod's own list, accepted so that its command lines work; nothing else is here.
            if (parameter.value != "MONGODB-AWS") {
                return wrong<messages::kOtherMechanisms>(parameter.value);
            }
            continue;
        }
        const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& option) {
            return option.name == parameter.key;
        });
        if (!is_known) {
            return wrong<messages::kNoSuchParameter>(parameter.key);
        }
        options.push_back(parameter);
    }
    return options;
}

}  // namespace host
